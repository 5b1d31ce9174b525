package litebrush.nnapi

import android.content.Context
import android.os.Build
import java.io.FileInputStream
import java.nio.channels.FileChannel
import litebrush.Model
import litebrush.Network
import litebrush.Signature
import litebrush.Values
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.nnapi.NnApiDelegate

private const val LAST_LEVEL = 34 // Android 15 deprecates NNAPI

/** A model on NNAPI: for devices that are too old for LiteRT's GPU and NPU accelerators. */
class NnApiNetwork private constructor(
    override val model: Model,
    private val interpreter: Interpreter,
    private val delegate: NnApiDelegate,
) : Network {
    override val accelerator = "NNAPI"

    override fun run(signature: Signature, inputs: Map<String, Values>): Map<String, Values> {
        val outputs = signature.outputs.associate { it.name to Values(it.format, it.count) }
        val fed = inputs.mapValues { it.value.bytes.rewind() as Any }
        interpreter.runSignature(fed, outputs.mapValues { it.value.bytes.rewind() as Any }, signature.name)
        return outputs
    }

    override fun close() {
        interpreter.close()
        delegate.close()
    }

    companion object {
        /** Whether this device's NNAPI takes all of the network: by litebrush's operator table, from the model's level on. */
        fun takes(model: Model, level: Int = Build.VERSION.SDK_INT): Boolean =
            model.nnapiLevel?.let { level in it..LAST_LEVEL } ?: false

        /** @throws UnsupportedOperationException NNAPI does not take the network here. */
        fun open(context: Context, model: Model): NnApiNetwork {
            if (!takes(model)) {
                throw UnsupportedOperationException(
                    "NNAPI takes '${model.name}' from API level ${model.nnapiLevel ?: "none"} to $LAST_LEVEL, " +
                        "this device has ${Build.VERSION.SDK_INT}; use the module :runtime",
                )
            }
            val file = context.assets.openFd(model.file).use { asset ->
                FileInputStream(asset.fileDescriptor).channel.use {
                    it.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
                }
            }
            val delegate = NnApiDelegate()
            return NnApiNetwork(model, Interpreter(file, Interpreter.Options().addDelegate(delegate)), delegate)
        }
    }
}
