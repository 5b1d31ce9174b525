/// Values as a tensor stores them: reals of a float tensor, whole numbers of a quantized one.
public struct Values: Equatable {
    public let format: Format
    /// What is stored; integers, too, are exact as Float.
    public var stored: [Float]

    public init(_ format: Format, count: Int) {
        (self.format, stored) = (format, [Float](repeating: 0, count: count))
    }

    /// The real value at a place; setting rounds and clips to the tensor's integers where it has some.
    public subscript(place: Int) -> Float {
        get {
            format.storage == .float32 ? stored[place] : (stored[place] - Float(format.zeroPoint)) * format.scale
        }
        set {
            let rounded = (newValue / format.scale).rounded(.toNearestOrEven) + Float(format.zeroPoint)
            switch format.storage {
            case .float32: stored[place] = newValue
            case .int8: stored[place] = min(max(rounded, -128), 127)
            case .uint8: stored[place] = min(max(rounded, 0), 255)
            case .int16: stored[place] = min(max(rounded, -32768), 32767)
            }
        }
    }

    /// Takes the value of another tensor, as this one stores it.
    mutating func handOver(_ place: Int, from other: Values, _ otherPlace: Int) {
        if other.format == format { stored[place] = other.stored[otherPlace] } else { self[place] = other[otherPlace] }
    }

    func filled(_ real: Float) -> Values {
        var values = self
        for place in stored.indices { values[place] = real }
        return values
    }
}

extension Tensor {
    private var step: Float { Float((maximum - minimum) / 255) }

    /// The real value that a byte of a picture, or a noise level in grey levels, stands for.
    public func real(of byte: Double) -> Float {
        let whole = format.storage == .float32 ? Float(byte) : Float(byte.rounded(.toNearestOrEven))
        let share: Float = whole * step
        return Float(minimum) + share
    }

    /// The byte of a picture that a real value stands for, rounded and clipped.
    public func byte(of real: Float) -> UInt8 {
        UInt8(min(max(((real - Float(minimum)) / step).rounded(.toNearestOrEven), 0), 255))
    }
}
