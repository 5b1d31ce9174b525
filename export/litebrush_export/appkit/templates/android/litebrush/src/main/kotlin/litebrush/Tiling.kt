package litebrush

/** One tile along one axis: the first pixel that it reads, and those of the result that are taken from it. */
data class Span(val start: Int, val keepStart: Int, val keepStop: Int)

/** Cutting a picture so that the results of the pieces meet without a seam. */
object Tiling {
    /** As few tiles of one length as possible, each at least a halo from its cuts. */
    fun planAxis(length: Int, tile: Int, halo: Int, alignment: Int): List<Span> {
        val padded = roundUp(length, alignment)
        if (padded <= tile) return listOf(Span(0, 0, length))
        val overlap = roundUp(2 * halo, alignment)
        val count = (padded - overlap + tile - overlap - 1) / (tile - overlap)
        val starts = List(count) { minOf(it * (tile - overlap), padded - tile) }
        val cuts = listOf(0) + starts.drop(1).map { it + halo } + length
        return starts.mapIndexed { index, start -> Span(start, cuts[index], cuts[index + 1]) }
    }

    /** Which of a picture's rows or columns a place beyond its end shows: reflection, the edge repeated. */
    fun reflected(place: Int, length: Int): Int {
        val within = place % (2 * length)
        return if (within < length) within else 2 * length - 1 - within
    }

    private fun roundUp(length: Int, multiple: Int) = (length + multiple - 1) / multiple * multiple
}
