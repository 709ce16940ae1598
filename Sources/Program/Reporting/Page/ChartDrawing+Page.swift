// SPDX-License-Identifier: Apache-2.0

import Charts

extension ChartDrawing {
    /// The most letters of a text that fit beside each other on a narrow phone, of 320 pixels.
    static let narrowText = 36
    /// The most letters of a text on wider screens.
    static let wideText = 70

    /// Adds labels below the floor, of which as many are left out as a screen has no room for.
    ///
    /// - Parameter labels: each with its place, a share of the picture's width, in ascending order.
    mutating func addAxis(_ labels: [(share: Double, text: String)], floor: Double, hasLines: Bool = true) {
        // At most eight steps from the first label to the last, and four on a phone.
        let all = max(1, (labels.count + 6) / 8)
        let always = all * max(1, ((labels.count - 1) / all + 3) / 4)
        for (number, label) in labels.enumerated() {
            if hasLines { shapes.append(.mark(x: label.share, y: 0, pixels: 1, height: floor, .grid)) }
            guard number % all == 0 else { continue }
            // A label at an end would lie outside by a half.
            let anchor: Anchor = label.share < 0.1 ? .start : label.share > 0.9 ? .end : .middle
            shapes.append(
                .text(
                    label.text, x: label.share, y: floor + 18, .faint, anchor,
                    brief: number % always == 0 ? nil : ""))
        }
    }
}
