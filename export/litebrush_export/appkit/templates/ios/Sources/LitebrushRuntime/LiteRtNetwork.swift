import Foundation
import LiteRT
import Litebrush

/// A model in LiteRT's CompiledModel, on a GPU, an NPU or the CPU.
public final class LiteRtNetwork: Network {
    public let model: Litebrush.Model
    public let accelerator: String
    private let compiled: CompiledModel
    private let signatures: [String: Int]

    /// Loads a model of this package on one accelerator, which is asked alone: with another beside it LiteRT may run
    /// there without a word. Throws LiteRT's error where the accelerator is missing or refuses the model.
    public init(_ model: Litebrush.Model, on accelerator: Accelerator = .gpu, threads: Int = 2) throws {
        guard let path = Bundle.module.path(forResource: model.key, ofType: "tflite", inDirectory: "models") else {
            throw Refusal("'\(model.key).tflite' is not in the bundle; generate the package again")
        }
        let options = try Options()
        switch accelerator {
        case .gpu: try options.setHardwareAccelerators([.gpu])
        case .npu: try options.setHardwareAccelerators([.npu])
        case .cpu:
            try options.setHardwareAccelerators([.cpu])
            let cpu = try CpuOptions()
            try cpu.setNumThreads(threads)
            try options.addConcreteOptions(cpu)
        }
        compiled = try CompiledModel(filePath: path, environment: Environment(), options: options)
        self.model = model
        self.accelerator = accelerator.rawValue
        signatures = Dictionary(uniqueKeysWithValues: model.signatures.enumerated().map { ($1.name, $0) })
    }

    public enum Accelerator: String { case gpu = "GPU", npu = "NPU", cpu = "CPU" }

    /// On the GPU, or on the CPU where there is none that takes the model.
    public static func fastest(_ model: Litebrush.Model) throws -> LiteRtNetwork {
        (try? LiteRtNetwork(model, on: .gpu)) ?? (try LiteRtNetwork(model, on: .cpu))
    }

    public func run(_ signature: Litebrush.Signature, _ inputs: [String: Values]) throws -> [String: Values] {
        let index = signatures[signature.name]!
        let fed = try compiled.createInputBuffers(signatureIndex: index)
        let found = try compiled.createOutputBuffers(signatureIndex: index)
        for (place, buffer) in fed.enumerated() {
            try write(inputs[compiled.inputName(inputIndex: place, signatureIndex: index)]!, to: buffer)
        }
        try compiled.run(inputs: fed, outputs: found, signatureIndex: index)
        var outputs: [String: Values] = [:]
        for (place, buffer) in found.enumerated() {
            let name = try compiled.outputName(outputIndex: place, signatureIndex: index)
            let tensor = signature.outputs.first { $0.name == name }!
            outputs[name] = try read(tensor, from: buffer)
        }
        return outputs
    }

    private func write(_ values: Values, to buffer: TensorBuffer) throws {
        switch values.format.storage {
        case .float32: try buffer.write(values.stored)
        case .int8: try buffer.write(values.stored.map(Int8.init))
        case .uint8: try buffer.write(values.stored.map(UInt8.init))
        case .int16: try buffer.write(values.stored.map(Int16.init))
        }
    }

    private func read(_ tensor: Litebrush.Tensor, from buffer: TensorBuffer) throws -> Values {
        var values = Values(tensor.format, count: tensor.count)
        switch tensor.format.storage {
        case .float32: values.stored = try buffer.read() as [Float]
        case .int8: values.stored = (try buffer.read() as [Int8]).map(Float.init)
        case .uint8: values.stored = (try buffer.read() as [UInt8]).map(Float.init)
        case .int16: values.stored = (try buffer.read() as [Int16]).map(Float.init)
        }
        return values
    }
}
