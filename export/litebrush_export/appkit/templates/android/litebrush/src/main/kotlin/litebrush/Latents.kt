@file:OptIn(ExperimentalUnsignedTypes::class)

package litebrush

import kotlin.math.sqrt

/** Latents that are the same on every machine: a function of (seed, picture, place). */
object Latents {
    /** The first words of a picture's stream (Philox-4x32-10). */
    fun randomWords(seed: ULong, picture: ULong, count: Int): UIntArray {
        val words = UIntArray((count + 3) / 4 * 4)
        for (block in 0 until words.size / 4) {
            val counter = uintArrayOf(block.toUInt(), 0u, picture.toUInt(), (picture shr 32).toUInt())
            philox(counter, seed.toUInt(), (seed shr 32).toUInt()).copyInto(words, 4 * block)
        }
        return words.copyOf(count)
    }

    private fun philox(start: UIntArray, firstKey0: UInt, firstKey1: UInt): UIntArray {
        var counter = start
        var key0 = firstKey0
        var key1 = firstKey1
        repeat(10) {
            val product0 = 0xD2511F53uL * counter[0]
            val product1 = 0xCD9E8D57uL * counter[2]
            counter = uintArrayOf(
                (product1 shr 32).toUInt() xor counter[1] xor key0,
                product1.toUInt(),
                (product0 shr 32).toUInt() xor counter[3] xor key1,
                product0.toUInt(),
            )
            key0 += 0x9E3779B9u
            key1 += 0xBB67AE85u
        }
        return counter
    }

    /** An even number of words as standard normal values (Box and Muller), the same bits as Python's. */
    fun normalValues(words: UIntArray): FloatArray {
        val values = FloatArray(words.size)
        for (place in words.indices step 2) {
            val (one, other) = normalPair(words[place], words[place + 1])
            values[place] = one.toFloat()
            values[place + 1] = other.toFloat()
        }
        return values
    }

    /** Of + - * / and sqrt alone, which IEEE 754 rounds in one way only. */
    private fun normalPair(a: UInt, b: UInt): Pair<Double, Double> {
        var m = (a.toDouble() + 0.5) / 4294967296.0
        var halvings = 0.0
        while (m < 0.7071067811865476) {
            m = m * 2
            halvings = halvings + 1
        }
        val s = (m - 1) / (m + 1)
        var p = 1.0
        for (t in 10 downTo 1) p = 1 + s * s * p * (2 * t - 1) / (2 * t + 1)
        val radius = sqrt(2 * 0.6931471805599453 * (halvings - 2 * s * p / 0.6931471805599453))

        val turned = b + (1u shl 29)
        val x = ((turned and 0x3FFFFFFFu).toDouble() - 536870912.0) * (3.141592653589793 / 2147483648.0)
        var c = 1.0
        var d = 1.0
        for (t in 8 downTo 1) {
            c = 1 - x * x * c / (2 * t * (2 * t - 1))
            d = 1 - x * x * d / (2 * t * (2 * t + 1))
        }
        val u = radius * c
        val v = radius * (x * d)
        return when ((turned shr 30).toInt()) {
            0 -> Pair(u, v)
            1 -> Pair(-v, u)
            2 -> Pair(-u, -v)
            else -> Pair(v, -u)
        }
    }

    /** What a picture is drawn from. */
    fun latent(seed: ULong, picture: ULong, size: Int): FloatArray =
        normalValues(randomWords(seed, picture, size + size % 2)).copyOf(size)
}
