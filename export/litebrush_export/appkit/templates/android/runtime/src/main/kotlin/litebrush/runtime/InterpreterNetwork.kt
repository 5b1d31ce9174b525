package litebrush.runtime

import android.content.Context
import java.io.FileInputStream
import java.nio.channels.FileChannel
import litebrush.Model
import litebrush.Network
import litebrush.Signature
import litebrush.Values
import org.tensorflow.lite.Interpreter

/** A model in the interpreter, on the CPU. */
class InterpreterNetwork private constructor(override val model: Model, private val interpreter: Interpreter) : Network {
    override val accelerator = "CPU"

    override fun run(signature: Signature, inputs: Map<String, Values>): Map<String, Values> {
        val outputs = signature.outputs.associate { it.name to Values(it.format, it.count) }
        val fed = inputs.mapValues { it.value.bytes.rewind() as Any }
        interpreter.runSignature(fed, outputs.mapValues { it.value.bytes.rewind() as Any }, signature.name)
        return outputs
    }

    override fun close() = interpreter.close()

    companion object {
        fun open(context: Context, model: Model, threads: Int = 2): InterpreterNetwork {
            val file = context.assets.openFd(model.file).use { asset ->
                FileInputStream(asset.fileDescriptor).channel.use {
                    it.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
                }
            }
            return InterpreterNetwork(model, Interpreter(file, Interpreter.Options().setNumThreads(threads)))
        }
    }
}
