import XCTest

@testable import Litebrush

/// The parts that need no device, against what Python computes.
final class PureTests: XCTestCase {
    func testLatentsAreBitForBitPythons() {
        for vector in Vectors.latents {
            let count = vector.words.count
            XCTAssertEqual(
                Latents.randomWords(seed: vector.seed, picture: vector.picture, count: count), vector.words)
            let values = Latents.latent(seed: vector.seed, picture: vector.picture, size: count)
            XCTAssertEqual(values.map(\.bitPattern), vector.bits)
        }
    }

    func testPicturesAreCutAsPythonCutsThem() {
        for vector in Vectors.axes {
            let spans = Tiling.planAxis(
                length: vector.length, tile: vector.tile, halo: vector.halo, alignment: vector.alignment)
            XCTAssertEqual(spans, vector.spans)
        }
    }

    func testWhatLiesBeyondAnEdgeIsReflected() {
        XCTAssertEqual((0..<8).map { Tiling.reflected($0, 3) }, [0, 1, 2, 2, 1, 0, 0, 1])
    }

    func testBytesAreStoredAsPythonStoresThem() {
        for vector in Vectors.encodings {
            var values = Values(vector.tensor.format, count: 256)
            for byte in 0..<256 { values[byte] = vector.tensor.real(of: Double(byte)) }
            XCTAssertEqual(values.stored, vector.encoded)
        }
    }

    func testValuesAreReadAsPythonReadsThem() {
        for vector in Vectors.encodings {
            let values = given(vector)
            XCTAssertEqual(values.stored.indices.map { vector.tensor.byte(of: values[$0]) }, vector.decoded)
        }
    }

    func testStatesAreHandedOverAsPythonDoesIt() {
        for vector in Vectors.encodings {
            let values = given(vector)
            var target = Values(Vectors.target, count: values.stored.count)
            for place in values.stored.indices { target.handOver(place, from: values, place) }
            XCTAssertEqual(target.stored, vector.handedOver)
        }
    }

    func testMissingPixelsAreGuessedAsPythonDoes() {
        let hole = Vectors.hole
        let photo = Picture(height: hole.height, width: hole.width, channels: 3, bytes: hole.photo)
        let mask = Picture(height: hole.height, width: hole.width, channels: 1, bytes: hole.mask)
        XCTAssertEqual(PyramidFill.filledFromAround(photo, mask).bytes, hole.filled)
    }

    /// Each pixel becomes 255 less; so tiles must come from, and go to, the right places.
    func testAllModelsOfPicturesRunOverTiles() throws {
        for model in Models.all where model.task == .restore {
            let tensor = model.signatures[0].input(.image)
            var photo = Picture(height: tensor.height + 7, width: tensor.width + 3, channels: 3)
            for place in photo.bytes.indices { photo.bytes[place] = UInt8(place * 31 % 251) }
            let level: Double? = model.signatures[0].has(.noiseLevel) ? 1 : nil
            let restored = try Negative(model).restore(photo, noiseLevel: level)
            for (before, after) in zip(photo.bytes, restored.bytes) {
                XCTAssertLessThanOrEqual(abs(Int(before) + Int(after) - 255), 1)
            }
        }
    }

    private final class Negative: Network {
        let model: Model
        let accelerator = "test"

        init(_ model: Model) { self.model = model }

        func run(_ signature: Signature, _ inputs: [String: Values]) -> [String: Values] {
            let (input, output) = (signature.input(.image), signature.output(.image))
            let given = inputs[input.name]!
            var values = Values(output.format, count: output.count)
            for place in 0..<output.count {
                values[place] = output.real(of: 255 - Double(input.byte(of: given[place])))
            }
            return [output.name: values]
        }
    }

    private func given(_ vector: EncodingVector) -> Values {
        var values = Values(vector.tensor.format, count: vector.values.count)
        values.stored = vector.values
        return values
    }
}
