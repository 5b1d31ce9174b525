package litebrush

/** A loaded model: what runs one of its signatures. */
interface Network : AutoCloseable {
    val model: Model

    /** What it runs on, such as "GPU". */
    val accelerator: String

    /** Runs a signature once: its inputs by name in, its outputs by name out. */
    fun run(signature: Signature, inputs: Map<String, Values>): Map<String, Values>
}

/** A picture of (R, G, B), or a mask of one byte a pixel. */
class Picture(val height: Int, val width: Int, val channels: Int, val bytes: ByteArray = ByteArray(height * width * channels)) {
    operator fun get(place: Int) = bytes[place].toInt() and 0xFF

    operator fun set(place: Int, value: Int) {
        bytes[place] = value.toByte()
    }

    fun copy() = Picture(height, width, channels, bytes.copyOf())
}

/** What a recurrent model remembers of a whole picture, as the input stores it. */
class State(val height: Int, val width: Int, val values: Values)

/** Pictures, masks and states of any size through one network, tile by tile. */
class TiledNetwork(private val network: Network) {
    private val model = network.model
    val signature = model.signatures.first()
    private val image = signature.input(Role.IMAGE)

    private class Plan(val rows: List<Span>, val columns: List<Span>)

    private fun plan(height: Int, width: Int) = Plan(
        Tiling.planAxis(height, image.height, model.halo, model.alignment),
        Tiling.planAxis(width, image.width, model.halo, model.alignment),
    )

    /** States that stand for zero, by input name. */
    fun zeroStates(height: Int, width: Int): Map<String, State> {
        val plan = plan(height, width)
        return signature.inputs.filter { it.role == Role.STATE }.associate {
            val rows = (plan.rows.last().start + image.height) / divisor(it)
            val columns = (plan.columns.last().start + image.width) / divisor(it)
            it.name to State(rows, columns, Values(it.format, rows * columns * it.channels).fill(0f))
        }
    }

    /**
     * Runs over a picture.
     *
     * @param pictures and masks that go in, by name; @param states likewise.
     * @param pictureOut filled, as the only picture or mask that comes out; @param statesOut by the inputs that they become.
     * @param wanted tiles without any pixel above 127 of it are left out, and stay as they were.
     */
    fun run(
        height: Int,
        width: Int,
        pictures: Map<String, Picture>,
        pictureOut: Picture,
        states: Map<String, State> = emptyMap(),
        statesOut: Map<String, State> = emptyMap(),
        noiseLevel: Double = 0.0,
        wanted: Picture? = null,
    ) {
        val plan = plan(height, width)
        for (row in plan.rows) for (column in plan.columns) {
            if (wanted != null && !isWanted(wanted, row, column)) continue
            val found = network.run(
                signature,
                signature.inputs.associate { it.name to feed(it, row, column, pictures, states, noiseLevel) },
            )
            for (tensor in signature.outputs) {
                val values = found.getValue(tensor.name)
                val becomes = tensor.becomes
                if (becomes == null) {
                    keep(tensor, row, column, height, width, row.keepStop, column.keepStop) { to, from ->
                        pictureOut[to] = tensor.byteOf(values[from])
                    }
                } else {
                    val state = statesOut.getValue(becomes)
                    val places = divisor(tensor) // a state's last tile gives the padding, too
                    val stopRow = if (row == plan.rows.last()) state.height * places else row.keepStop
                    val stopColumn = if (column == plan.columns.last()) state.width * places else column.keepStop
                    keep(tensor, row, column, state.height, state.width, stopRow, stopColumn) { to, from ->
                        state.values.handOver(to, values, from)
                    }
                }
            }
        }
    }

    private fun feed(
        tensor: Tensor,
        row: Span,
        column: Span,
        pictures: Map<String, Picture>,
        states: Map<String, State>,
        noiseLevel: Double,
    ): Values {
        val values = Values(tensor.format, tensor.count)
        if (tensor.role == Role.NOISE_LEVEL) return values.fill(tensor.realOf(noiseLevel))
        val picture = pictures[tensor.name]
        val state = states[tensor.name]
        val height = picture?.height ?: state!!.height
        val width = picture?.width ?: state!!.width
        val reals = FloatArray(256) { tensor.realOf(it.toDouble()) }
        val places = divisor(tensor)
        var place = 0
        for (y in 0 until tensor.height) {
            val line = Tiling.reflected(row.start / places + y, height) * width
            for (x in 0 until tensor.width) {
                val from = (line + Tiling.reflected(column.start / places + x, width)) * tensor.channels
                for (channel in 0 until tensor.channels) {
                    if (picture != null) values[place] = reals[picture[from + channel]]
                    else values.handOver(place, state!!.values, from + channel)
                    place++
                }
            }
        }
        return values
    }

    private inline fun keep(
        tensor: Tensor, row: Span, column: Span, height: Int, width: Int, stopRow: Int, stopColumn: Int,
        store: (to: Int, from: Int) -> Unit,
    ) {
        val places = divisor(tensor)
        for (y in row.keepStart / places until minOf(stopRow / places, height)) {
            for (x in column.keepStart / places until minOf(stopColumn / places, width)) {
                val from = ((y - row.start / places) * tensor.width + x - column.start / places) * tensor.channels
                val to = (y * width + x) * tensor.channels
                for (channel in 0 until tensor.channels) store(to + channel, from + channel)
            }
        }
    }

    private fun isWanted(mask: Picture, row: Span, column: Span): Boolean {
        for (y in row.keepStart until row.keepStop) {
            for (x in column.keepStart until column.keepStop) if (mask[y * mask.width + x] > 127) return true
        }
        return false
    }

    /** Pixels of the picture's side for one of the tensor's. */
    private fun divisor(tensor: Tensor) = image.height / tensor.height
}
