package litebrush

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** Values as a tensor stores them, in memory that an interpreter can use. */
class Values(val format: Format, val count: Int) {
    val bytes: ByteBuffer = ByteBuffer.allocateDirect(count * format.storage.bytes).order(ByteOrder.nativeOrder())

    /** The real value at a place. */
    operator fun get(place: Int): Float = when (format.storage) {
        Storage.FLOAT32 -> bytes.getFloat(4 * place)
        Storage.INT8 -> real(bytes.get(place).toInt())
        Storage.UINT8 -> real(bytes.get(place).toInt() and 0xFF)
        Storage.INT16 -> real(bytes.getShort(2 * place).toInt())
    }

    /** Stores a real value, rounded and clipped to the tensor's integers where it has some. */
    operator fun set(place: Int, real: Float) {
        when (format.storage) {
            Storage.FLOAT32 -> bytes.putFloat(4 * place, real)
            Storage.INT8 -> bytes.put(place, stored(real, -128, 127).toByte())
            Storage.UINT8 -> bytes.put(place, stored(real, 0, 255).toByte())
            Storage.INT16 -> bytes.putShort(2 * place, stored(real, -32768, 32767).toShort())
        }
    }

    /** The value of another tensor, as this one stores it. */
    fun handOver(place: Int, from: Values, fromPlace: Int) {
        if (from.format == format) {
            for (byte in 0 until format.storage.bytes) {
                bytes.put(place * format.storage.bytes + byte, from.bytes.get(fromPlace * format.storage.bytes + byte))
            }
        } else {
            set(place, from[fromPlace])
        }
    }

    fun fill(real: Float): Values {
        for (place in 0 until count) set(place, real)
        return this
    }

    private fun real(stored: Int): Float = (stored - format.zeroPoint).toFloat() * format.scale

    private fun stored(real: Float, lowest: Int, highest: Int): Int =
        (Math.rint((real / format.scale).toDouble()).toFloat() + format.zeroPoint)
            .coerceIn(lowest.toFloat(), highest.toFloat()).toInt()
}

/** The real value that a byte of a picture, or a noise level in grey levels, stands for. */
fun Tensor.realOf(byte: Double): Float {
    val whole = if (format.storage == Storage.FLOAT32) byte.toFloat() else Math.rint(byte).toFloat()
    return minimum.toFloat() + whole * step
}

/** The byte of a picture that a real value stands for, rounded and clipped. */
fun Tensor.byteOf(real: Float): Int =
    Math.rint(((real - minimum.toFloat()) / step).toDouble()).coerceIn(0.0, 255.0).toInt()

private val Tensor.step get() = ((maximum - minimum) / 255).toFloat()
