package litebrush

private const val LIKELY_ABOVE = 127

private fun requireTask(network: Network, vararg tasks: Task) =
    require(network.model.task in tasks) { "'${network.model.name}' is a model of task ${network.model.task}, not ${tasks.joinToString()}" }

/** The noise level that a network is told; none for one that is not. */
private fun requireNoiseLevel(signature: Signature, noiseLevel: Double?): Double {
    if (!signature.has(Role.NOISE_LEVEL)) {
        require(noiseLevel == null) { "a noise level of $noiseLevel was given to a model that takes none" }
        return 0.0
    }
    val highest = signature.input(Role.NOISE_LEVEL).highest
    require(noiseLevel != null && noiseLevel in 0.0..highest) { "the noise level is $noiseLevel; this model knows 0 to $highest" }
    return noiseLevel
}

/** A better photograph of (R, G, B). */
fun restore(network: Network, photo: Picture, noiseLevel: Double? = null): Picture {
    requireTask(network, Task.RESTORE)
    val tiled = TiledNetwork(network)
    val restored = Picture(photo.height, photo.width, 3)
    val level = requireNoiseLevel(tiled.signature, noiseLevel)
    tiled.run(photo.height, photo.width, mapOf(tiled.signature.input(Role.IMAGE).name to photo), restored, noiseLevel = level)
    return restored
}

/** Fills in where the mask is above 127; every other pixel stays. */
fun inpaint(network: Network, photo: Picture, mask: Picture): Picture {
    requireTask(network, Task.INPAINT)
    require(mask.height == photo.height && mask.width == photo.width && mask.channels == 1) {
        "the mask is of ${mask.width}x${mask.height} pixels, the photo of ${photo.width}x${photo.height}"
    }
    val tiled = TiledNetwork(network)
    val missing = Picture(mask.height, mask.width, 1)
    for (place in mask.bytes.indices) missing[place] = if (mask[place] > LIKELY_ABOVE) 255 else 0
    val guessed = PyramidFill.filledFromAround(photo, missing)
    val filled = photo.copy()
    val pictures = mapOf(tiled.signature.input(Role.IMAGE).name to guessed, tiled.signature.input(Role.MASK).name to missing)
    tiled.run(photo.height, photo.width, pictures, filled, wanted = missing)
    for (place in mask.bytes.indices) if (missing[place] == 0) {
        for (channel in 0 until 3) filled[3 * place + channel] = photo[3 * place + channel]
    }
    return filled
}

/** A mask of one byte a pixel: 255 where damage is likelier than not. */
fun findDamage(network: Network, photo: Picture): Picture {
    requireTask(network, Task.DETECT)
    val tiled = TiledNetwork(network)
    val mask = Picture(photo.height, photo.width, 1)
    tiled.run(photo.height, photo.width, mapOf(tiled.signature.input(Role.IMAGE).name to photo), mask)
    for (place in mask.bytes.indices) mask[place] = if (mask[place] > LIKELY_ABOVE) 255 else 0
    return mask
}

/** Picture `index` of a seed, of a class where there are classes. */
fun draw(network: Network, seed: ULong, index: ULong = 0uL, label: String? = null): Picture {
    val signature = network.model.signatures.single { it.has(Role.LATENT) }
    return decode(network, Latents.latent(seed, index, signature.input(Role.LATENT).count), label)
}

/** The picture of a latent. */
fun decode(network: Network, latent: FloatArray, label: String? = null): Picture {
    requireTask(network, Task.GENERATE, Task.AUTOENCODE)
    val model = network.model
    require(if (model.labels.isEmpty()) label == null else label in model.labels) {
        "'${model.name}' cannot draw '$label'; it draws ${model.labels.joinToString().ifEmpty { "without classes" }}"
    }
    val signature = model.signatures.single { it.has(Role.LATENT) }
    val inputs = signature.inputs.associate { tensor ->
        val values = Values(tensor.format, tensor.count)
        for (place in 0 until tensor.count) {
            values[place] = if (tensor.role == Role.LATENT) latent[place] else if (model.labels[place] == label) 1f else 0f
        }
        tensor.name to values
    }
    val output = signature.output(Role.IMAGE)
    val values = network.run(signature, inputs).getValue(output.name)
    val picture = Picture(output.height, output.width, 3)
    for (place in picture.bytes.indices) picture[place] = output.byteOf(values[place])
    return picture
}

/** The latent of a picture of the network's own size. */
fun encode(network: Network, picture: Picture): FloatArray {
    requireTask(network, Task.AUTOENCODE)
    val signature = network.model.signatures.single { it.has(Role.IMAGE) }
    val input = signature.input(Role.IMAGE)
    require(picture.height == input.height && picture.width == input.width) {
        "the picture is of ${picture.width}x${picture.height} pixels; '${network.model.name}' takes ${input.width}x${input.height}"
    }
    val values = Values(input.format, input.count)
    for (place in 0 until input.count) values[place] = input.realOf(picture[place].toDouble())
    val output = signature.output(Role.LATENT)
    val found = network.run(signature, mapOf(input.name to values)).getValue(output.name)
    return FloatArray(output.count) { found[it] }
}

/** A video, frame after frame, with what is remembered of those before it; a frame of another size begins anew. */
class Stream(private val network: Network, private val noiseLevel: Double? = null) {
    private val tiled = TiledNetwork(network)
    private var size: Pair<Int, Int>? = null
    private var states: Map<String, State> = emptyMap()

    init {
        requireTask(network, Task.RESTORE_SEQUENCE)
    }

    fun next(frame: Picture): Picture {
        if (size != Pair(frame.height, frame.width)) {
            size = Pair(frame.height, frame.width)
            states = tiled.zeroStates(frame.height, frame.width)
        }
        val following = tiled.zeroStates(frame.height, frame.width)
        val restored = Picture(frame.height, frame.width, 3)
        val pictures = mapOf(tiled.signature.input(Role.IMAGE).name to frame)
        val level = requireNoiseLevel(tiled.signature, noiseLevel)
        tiled.run(frame.height, frame.width, pictures, restored, states, following, level)
        states = following
        return restored
    }
}
