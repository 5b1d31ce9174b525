@file:OptIn(ExperimentalUnsignedTypes::class)

package litebrush

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Test

/** The parts that need no device, against what Python computes. */
class PureTest {
    @Test
    fun latentsAreBitForBitPythons() {
        for (vector in Vectors.latents) {
            val words = Latents.randomWords(vector.seed, vector.picture, vector.words.size)
            assertArrayEquals(vector.words.toIntArray(), words.toIntArray())
            val bits = Latents.latent(vector.seed, vector.picture, vector.words.size).map { it.toRawBits() }
            assertArrayEquals(vector.bits.toIntArray(), bits.toIntArray())
        }
    }

    @Test
    fun picturesAreCutAsPythonCutsThem() {
        for (vector in Vectors.axes) {
            assertEquals(vector.spans, Tiling.planAxis(vector.length, vector.tile, vector.halo, vector.alignment))
        }
    }

    @Test
    fun whatLiesBeyondAnEdgeIsReflected() {
        assertEquals(listOf(0, 1, 2, 2, 1, 0, 0, 1), (0 until 8).map { Tiling.reflected(it, 3) })
    }

    @Test
    fun bytesAreStoredAsPythonStoresThem() {
        for (vector in Vectors.encodings) {
            val values = Values(vector.tensor.format, 256)
            for (byte in 0 until 256) values[byte] = vector.tensor.realOf(byte.toDouble())
            assertArrayEquals(vector.encoded, DoubleArray(256) { stored(values, it) }, 0.0)
        }
    }

    @Test
    fun valuesAreReadAsPythonReadsThem() {
        for (vector in Vectors.encodings) {
            val values = given(vector)
            assertArrayEquals(vector.decoded, IntArray(values.count) { vector.tensor.byteOf(values[it]) })
        }
    }

    @Test
    fun statesAreHandedOverAsPythonDoesIt() {
        for (vector in Vectors.encodings) {
            val values = given(vector)
            val target = Values(Vectors.target, values.count)
            for (place in 0 until values.count) target.handOver(place, values, place)
            assertArrayEquals(vector.handedOver, DoubleArray(values.count) { stored(target, it) }, 0.0)
        }
    }

    @Test
    fun missingPixelsAreGuessedAsPythonDoes() {
        val hole = Vectors.hole
        val bytes = { values: IntArray -> ByteArray(values.size) { values[it].toByte() } }
        val photo = Picture(hole.height, hole.width, 3, bytes(hole.photo))
        val filled = PyramidFill.filledFromAround(photo, Picture(hole.height, hole.width, 1, bytes(hole.mask)))
        assertArrayEquals(bytes(hole.filled), filled.bytes)
    }

    /** Each pixel becomes 255 less; so tiles must come from, and go to, the right places. */
    @Test
    fun allModelsOfPicturesRunOverTiles() {
        for (model in Models.all.filter { it.halo > 0 && it.task == Task.RESTORE }) {
            val tensor = model.signatures.first().input(Role.IMAGE)
            val photo = Picture(tensor.height + 7, 2 * tensor.width + 3, 3)
            for (place in photo.bytes.indices) photo[place] = place * 31 % 251
            val level = if (model.signatures.first().has(Role.NOISE_LEVEL)) 1.0 else null
            val restored = restore(Negative(model), photo, level)
            for (place in photo.bytes.indices) assertEquals(255.0, (photo[place] + restored[place]).toDouble(), 1.0)
        }
    }

    private class Negative(override val model: Model) : Network {
        override val accelerator = "test"

        override fun run(signature: Signature, inputs: Map<String, Values>): Map<String, Values> {
            val input = signature.input(Role.IMAGE)
            val output = signature.output(Role.IMAGE)
            val given = inputs.getValue(input.name)
            val values = Values(output.format, output.count)
            for (place in 0 until output.count) {
                values[place] = output.realOf(255.0 - input.byteOf(given[place]))
            }
            return mapOf(output.name to values)
        }

        override fun close() = Unit
    }

    private fun given(vector: EncodingVector): Values {
        val values = Values(vector.tensor.format, vector.values.size)
        vector.values.forEachIndexed { place, stored ->
            when (vector.tensor.format.storage) {
                Storage.FLOAT32 -> values.bytes.putFloat(4 * place, stored.toFloat())
                Storage.INT16 -> values.bytes.putShort(2 * place, stored.toInt().toShort())
                else -> values.bytes.put(place, stored.toInt().toByte())
            }
        }
        return values
    }

    private fun stored(values: Values, place: Int): Double = when (values.format.storage) {
        Storage.FLOAT32 -> values.bytes.getFloat(4 * place).toDouble()
        Storage.INT8 -> values.bytes.get(place).toDouble()
        Storage.UINT8 -> (values.bytes.get(place).toInt() and 0xFF).toDouble()
        Storage.INT16 -> values.bytes.getShort(2 * place).toDouble()
    }
}
