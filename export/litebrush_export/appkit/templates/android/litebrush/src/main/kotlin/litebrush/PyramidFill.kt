package litebrush

private const val NOTHING_KNOWN = 128

/** Missing pixels guessed from those around them, where an inpainting network begins: whole numbers, as in Python. */
object PyramidFill {
    /** A copy of a photo of (R, G, B) in which pixels where the mask is not 0 are guessed from those around them. */
    fun filledFromAround(photo: Picture, mask: Picture): Picture {
        val filled = photo.copy()
        if (mask.bytes.none { it.toInt() != 0 }) return filled
        if (mask.bytes.none { it.toInt() == 0 }) return filled.apply { bytes.fill(NOTHING_KNOWN.toByte()) }
        val (half, halfMask) = halved(photo, mask)
        val coarse = filledFromAround(half, halfMask)
        for (y in 0 until photo.height) for (x in 0 until photo.width) {
            if (mask[y * photo.width + x] == 0) continue
            val (top, bottom) = Pair(y / 2, farNeighbour(y, coarse.height))
            val (left, right) = Pair(x / 2, farNeighbour(x, coarse.width))
            for (channel in 0 until 3) {
                val at = { row: Int, column: Int -> coarse[(row * coarse.width + column) * 3 + channel] }
                filled[(y * photo.width + x) * 3 + channel] =
                    (9 * at(top, left) + 3 * at(top, right) + 3 * at(bottom, left) + at(bottom, right) + 8) / 16
            }
        }
        return filled
    }

    /** The mean of the known pixels of each 2x2 block, halves rounded up, and the blocks that have none. */
    private fun halved(photo: Picture, mask: Picture): Pair<Picture, Picture> {
        val half = Picture((photo.height + 1) / 2, (photo.width + 1) / 2, 3)
        val halfMask = Picture(half.height, half.width, 1)
        for (y in 0 until half.height) for (x in 0 until half.width) {
            val known = ArrayList<Int>(4)
            for (below in 2 * y until minOf(2 * y + 2, photo.height)) {
                for (right in 2 * x until minOf(2 * x + 2, photo.width)) {
                    val place = below * photo.width + right
                    if (mask[place] == 0) known.add(place)
                }
            }
            val place = y * half.width + x
            halfMask[place] = if (known.isEmpty()) 255 else 0
            if (known.isNotEmpty()) for (channel in 0 until 3) {
                half[3 * place + channel] = (known.sumOf { photo[3 * it + channel] } + known.size / 2) / known.size
            }
        }
        return Pair(half, halfMask)
    }

    /** The coarse pixel next to the one that a pixel lies in, on the side where it lies. */
    private fun farNeighbour(place: Int, side: Int) = (place / 2 + if (place % 2 == 1) 1 else -1).coerceIn(0, side - 1)
}
