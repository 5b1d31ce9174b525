package litebrush

/** What a model is for. */
enum class Task { RESTORE, INPAINT, DETECT, GENERATE, AUTOENCODE, RESTORE_SEQUENCE }

/** What a tensor means. */
enum class Role { IMAGE, NOISE_LEVEL, MASK, LATENT, LABEL, STATE }

/** How a tensor's values lie in memory. */
enum class Storage(val bytes: Int) { FLOAT32(4), INT8(1), UINT8(1), INT16(2) }

/** How a tensor stores real values: as they are, or as integers, real = scale * (stored - zeroPoint). */
data class Format(val storage: Storage, val scale: Float = 0f, val zeroPoint: Int = 0)

/**
 * One input or output.
 *
 * A picture's byte p stands for the real value minimum + p / 255 * (maximum - minimum); of a mask 255 is missing.
 *
 * @property highest noise level in grey levels that the model was trained for.
 * @property becomes of a state that comes out: the input that it is at the next frame.
 */
data class Tensor(
    val name: String,
    val role: Role,
    val height: Int,
    val width: Int,
    val channels: Int,
    val format: Format,
    val minimum: Double = 0.0,
    val maximum: Double = 1.0,
    val highest: Double = 255.0,
    val becomes: String? = null,
) {
    val count get() = height * width * channels
    val isPicture get() = role == Role.IMAGE || role == Role.MASK
}

/** One way to run a network. */
data class Signature(val name: String, val inputs: List<Tensor>, val outputs: List<Tensor>) {
    fun input(role: Role) = inputs.single { it.role == role }

    fun output(role: Role) = outputs.single { it.role == role }

    fun has(role: Role) = inputs.any { it.role == role }
}

/**
 * What a model promises.
 *
 * @property halo radius of the receptive field in pixels, @property alignment of tiles; 0 where pictures are not cut.
 * @property nnapiLevel lowest Android API level whose NNAPI takes the whole network; null where none does.
 */
data class Model(
    val key: String,
    val name: String,
    val precision: String,
    val task: Task,
    val signatures: List<Signature>,
    val halo: Int = 0,
    val alignment: Int = 0,
    val labels: List<String> = emptyList(),
    val nnapiLevel: Int? = null,
) {
    val file get() = "models/$key.tflite"
}
