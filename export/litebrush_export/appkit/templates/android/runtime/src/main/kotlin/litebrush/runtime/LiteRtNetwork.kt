package litebrush.runtime

import android.content.Context
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import litebrush.Model
import litebrush.Network
import litebrush.Signature
import litebrush.Storage
import litebrush.Tensor
import litebrush.Values

/**
 * A model in LiteRT's CompiledModel, on a GPU or an NPU. Float32 inputs and outputs, or 8-bit ones.
 *
 * The accelerator is asked alone: where CPU is given beside it, LiteRT may run there without a word.
 */
class LiteRtNetwork private constructor(
    override val model: Model,
    private val compiled: CompiledModel,
    override val accelerator: String,
) : Network {
    override fun run(signature: Signature, inputs: Map<String, Values>): Map<String, Values> {
        val fed = signature.inputs.associate { it.name to compiled.createInputBuffer(it.name, signature.name) }
        val found = signature.outputs.associate { it.name to compiled.createOutputBuffer(it.name, signature.name) }
        try {
            for (tensor in signature.inputs) write(fed.getValue(tensor.name), tensor, inputs.getValue(tensor.name))
            compiled.run(fed, found, signature.name)
            return signature.outputs.associate { it.name to read(found.getValue(it.name), it) }
        } finally {
            (fed.values + found.values).forEach(TensorBuffer::close)
        }
    }

    private fun write(buffer: TensorBuffer, tensor: Tensor, values: Values) {
        if (tensor.format.storage == Storage.FLOAT32) buffer.writeFloat(FloatArray(tensor.count) { values[it] })
        else buffer.writeInt8(ByteArray(tensor.count) { values.bytes.get(it) })
    }

    private fun read(buffer: TensorBuffer, tensor: Tensor): Values {
        val values = Values(tensor.format, tensor.count)
        if (tensor.format.storage == Storage.FLOAT32) buffer.readFloat().forEachIndexed { place, real -> values[place] = real }
        else buffer.readInt8().forEachIndexed { place, stored -> values.bytes.put(place, stored) }
        return values
    }

    override fun close() = compiled.close()

    companion object {
        private val NAMES = mapOf(Accelerator.GPU to "GPU", Accelerator.NPU to "NPU", Accelerator.CPU to "CPU")

        /**
         * @throws LiteRtException the accelerator is not there, or refuses the model.
         * @throws IllegalArgumentException a model whose tensors CompiledModel does not take.
         */
        fun open(context: Context, model: Model, accelerator: Accelerator = Accelerator.GPU): LiteRtNetwork {
            val tensors = model.signatures.flatMap { it.inputs + it.outputs }
            require(tensors.all { it.format.storage == Storage.FLOAT32 || it.format.storage == Storage.INT8 }) {
                "'${model.name}' has tensors of other kinds than float32 and int8; use InterpreterNetwork"
            }
            val compiled = CompiledModel.create(context.assets, model.file, CompiledModel.Options(accelerator))
            return LiteRtNetwork(model, compiled, NAMES.getValue(accelerator))
        }

        /** On the NPU, the GPU or the CPU: the first that takes the model. */
        fun openFastest(context: Context, model: Model, threads: Int = 2): Network {
            for (accelerator in listOf(Accelerator.NPU, Accelerator.GPU)) {
                try {
                    return open(context, model, accelerator)
                } catch (problem: LiteRtException) {
                    continue
                } catch (problem: IllegalArgumentException) {
                    break
                }
            }
            return InterpreterNetwork.open(context, model, threads)
        }
    }
}
