/// What a model is for.
public enum Task: Sendable { case restore, inpaint, detect, generate, autoencode, restoreSequence }

/// What a tensor means.
public enum Role: Sendable { case image, noiseLevel, mask, latent, label, state }

/// How a tensor's values lie in memory.
public enum Storage: Sendable { case float32, int8, uint8, int16 }

/// How a tensor stores real values: as they are, or as integers, real = scale * (stored - zeroPoint).
public struct Format: Equatable, Sendable {
    public let storage: Storage
    public let scale: Float
    public let zeroPoint: Int

    public init(_ storage: Storage, _ scale: Float = 0, _ zeroPoint: Int = 0) {
        (self.storage, self.scale, self.zeroPoint) = (storage, scale, zeroPoint)
    }
}

/// One input or output.
///
/// A picture's byte p stands for the real value minimum + p / 255 * (maximum - minimum); of a mask 255 is missing.
public struct Tensor: Sendable {
    public let name: String
    public let role: Role
    public let height, width, channels: Int
    public let format: Format
    public let minimum, maximum: Double
    /// Noise level in grey levels that the model was trained for.
    public let highest: Double
    /// Of a state that comes out: the input that it is at the next frame.
    public let becomes: String?

    public init(
        _ name: String, _ role: Role, _ height: Int, _ width: Int, _ channels: Int, _ format: Format,
        _ minimum: Double, _ maximum: Double, _ highest: Double = 255, becomes: String? = nil
    ) {
        (self.name, self.role, self.height, self.width, self.channels) = (name, role, height, width, channels)
        (self.format, self.minimum, self.maximum) = (format, minimum, maximum)
        (self.highest, self.becomes) = (highest, becomes)
    }

    public var count: Int { height * width * channels }
}

/// One way to run a network.
public struct Signature: Sendable {
    public let name: String
    public let inputs, outputs: [Tensor]

    public init(_ name: String, inputs: [Tensor], outputs: [Tensor]) {
        (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    }

    public func input(_ role: Role) -> Tensor { inputs.first { $0.role == role }! }
    public func output(_ role: Role) -> Tensor { outputs.first { $0.role == role }! }
    public func has(_ role: Role) -> Bool { inputs.contains { $0.role == role } }
}

/// What a model promises.
public struct Model: Sendable {
    public let key, name, precision: String
    public let task: Task
    public let signatures: [Signature]
    /// Of tiles: radius of the receptive field, and what they are multiples of; 0 where pictures are not cut.
    public let halo, alignment: Int
    public let labels: [String]

    public init(
        key: String, name: String, precision: String, task: Task, signatures: [Signature], halo: Int, alignment: Int,
        labels: [String]
    ) {
        (self.key, self.name, self.precision, self.task) = (key, name, precision, task)
        (self.signatures, self.halo, self.alignment, self.labels) = (signatures, halo, alignment, labels)
    }
}

/// Something that was given and cannot be used; the words say what to do instead.
public struct Refusal: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ words: @autoclosure () -> String) throws {
    if !condition { throw Refusal(words()) }
}
