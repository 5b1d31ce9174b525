/// A loaded model: what runs one of its signatures.
public protocol Network: AnyObject {
    var model: Model { get }
    /// What it runs on, such as "GPU".
    var accelerator: String { get }
    /// Runs a signature once: its inputs by name in, its outputs by name out.
    func run(_ signature: Signature, _ inputs: [String: Values]) throws -> [String: Values]
}

/// A picture of (R, G, B), or a mask of one byte a pixel.
public struct Picture: Equatable {
    public let height, width, channels: Int
    public var bytes: [UInt8]

    public init(height: Int, width: Int, channels: Int, bytes: [UInt8]? = nil) {
        (self.height, self.width, self.channels) = (height, width, channels)
        self.bytes = bytes ?? [UInt8](repeating: 0, count: height * width * channels)
    }
}

/// What a recurrent model remembers of a whole picture, as the input stores it.
struct MemoryField {
    let height, width: Int
    var values: Values
}

/// Pictures, masks and states of any size through one network, tile by tile.
final class TiledNetwork {
    private let network: Network
    let signature: Signature
    private let image: Tensor

    init(_ network: Network) {
        self.network = network
        signature = network.model.signatures[0]
        image = signature.input(.image)
    }

    private func plan(_ height: Int, _ width: Int) -> (rows: [Span], columns: [Span]) {
        let (halo, alignment) = (network.model.halo, network.model.alignment)
        return (
            Tiling.planAxis(length: height, tile: image.height, halo: halo, alignment: alignment),
            Tiling.planAxis(length: width, tile: image.width, halo: halo, alignment: alignment)
        )
    }

    /// States that stand for zero, by input name.
    func zeroStates(_ height: Int, _ width: Int) -> [String: MemoryField] {
        let (rows, columns) = plan(height, width)
        var states: [String: MemoryField] = [:]
        for tensor in signature.inputs where tensor.role == .state {
            let high = (rows.last!.start + image.height) / divisor(tensor)
            let wide = (columns.last!.start + image.width) / divisor(tensor)
            let values = Values(tensor.format, count: high * wide * tensor.channels).filled(0)
            states[tensor.name] = MemoryField(height: high, width: wide, values: values)
        }
        return states
    }

    /// Runs over a picture. The only picture or mask that comes out is written to `result`; states that come out to
    /// `following`, by the inputs that they become. Tiles without a pixel above 127 of `wanted` are left out.
    func run(
        _ pictures: [String: Picture], into result: inout Picture, states: [String: MemoryField] = [:],
        following: inout [String: MemoryField], noiseLevel: Double = 0, wanted: Picture? = nil
    ) throws {
        let (rows, columns) = plan(result.height, result.width)
        for row in rows {
            for column in columns where wanted.map({ isWanted($0, row, column) }) ?? true {
                var fed: [String: Values] = [:]
                for tensor in signature.inputs {
                    fed[tensor.name] = feed(tensor, row, column, pictures[tensor.name], states[tensor.name], noiseLevel)
                }
                let found = try network.run(signature, fed)
                for tensor in signature.outputs {
                    let values = found[tensor.name]!
                    guard let becomes = tensor.becomes else {
                        let stop = (row.keepStop, column.keepStop)
                        keep(tensor, row, column, stop, result.width) { result.bytes[$0] = tensor.byte(of: values[$1]) }
                        continue
                    }
                    let places = divisor(tensor)  // a state's last tile gives the padding, too
                    let field = following[becomes]!
                    let stop = (
                        row == rows.last ? field.height * places : row.keepStop,
                        column == columns.last ? field.width * places : column.keepStop
                    )
                    keep(tensor, row, column, stop, field.width) { following[becomes]!.values.handOver($0, from: values, $1) }
                }
            }
        }
    }

    private func feed(
        _ tensor: Tensor, _ row: Span, _ column: Span, _ picture: Picture?, _ state: MemoryField?, _ noiseLevel: Double
    ) -> Values {
        var values = Values(tensor.format, count: tensor.count)
        if tensor.role == .noiseLevel { return values.filled(tensor.real(of: noiseLevel)) }
        let (height, width) = (picture?.height ?? state!.height, picture?.width ?? state!.width)
        let reals = (0..<256).map { tensor.real(of: Double($0)) }
        let places = divisor(tensor)
        var place = 0
        for y in 0..<tensor.height {
            let line = Tiling.reflected(row.start / places + y, height) * width
            for x in 0..<tensor.width {
                let from = (line + Tiling.reflected(column.start / places + x, width)) * tensor.channels
                for channel in 0..<tensor.channels {
                    if let picture { values[place] = reals[Int(picture.bytes[from + channel])] }
                    if let state { values.handOver(place, from: state.values, from + channel) }
                    place += 1
                }
            }
        }
        return values
    }

    private func keep(
        _ tensor: Tensor, _ row: Span, _ column: Span, _ stop: (Int, Int), _ width: Int, _ store: (Int, Int) -> Void
    ) {
        let places = divisor(tensor)
        for y in row.keepStart / places..<stop.0 / places {
            for x in column.keepStart / places..<stop.1 / places {
                let from = ((y - row.start / places) * tensor.width + x - column.start / places) * tensor.channels
                let to = (y * width + x) * tensor.channels
                for channel in 0..<tensor.channels { store(to + channel, from + channel) }
            }
        }
    }

    private func isWanted(_ mask: Picture, _ row: Span, _ column: Span) -> Bool {
        (row.keepStart..<row.keepStop).contains { y in
            (column.keepStart..<column.keepStop).contains { x in mask.bytes[y * mask.width + x] > 127 }
        }
    }

    /// Pixels of the picture's side for one of the tensor's.
    private func divisor(_ tensor: Tensor) -> Int { image.height / tensor.height }
}
