/// The pictures of what is paid by use, had for a time, or sold together.
extension ItemLook {
    static let apiCallsPicture = [
        PictureLayer(.fill(0x51349A), "M6,12 L40,12 L40,36 L22,36 L13,45 L13,36 L6,36 Z"),
        PictureLayer(.fill(0x8F74DA), "M9,15 L37,15 L37,33 L9,33 Z"),
        PictureLayer(.stroke(0xFFF3D6, width: 3), "M14,21 L32,21 M14,27 L26,27"),
        PictureLayer(.fill(0x9A4A07), "M26,28 L58,28 L58,50 L51,50 L51,58 L43,50 L26,50 Z"),
        PictureLayer(.fill(0xFFB84D), "M29,31 L55,31 L55,47 L29,47 Z"),
        PictureLayer(.stroke(0x4A2600, width: 3), "M34,36 L50,36 M34,42 L44,42"),
    ]

    static let seasonPassPicture = [
        PictureLayer(
            .fill(0x145A46),
            "M5,18 L59,18 L59,27 C54,27 54,37 59,37 L59,46 L5,46 L5,37 C10,37 10,27 5,27 Z"
        ),
        PictureLayer(
            .fill(0x2E9E6B),
            "M8,21 L56,21 L56,25 C50,27 50,37 56,39 L56,43 L8,43 L8,39 C14,37 14,27 8,25 Z"
        ),
        PictureLayer(.stroke(0xFFF3D6, width: 2), "M43,22 L43,26 M43,30 L43,34 M43,38 L43,42"),
        PictureLayer(.fill(0xFFE69A), "M26,24 L34,36 L29,36 L29,41 L23,41 L23,36 L18,36 Z"),
    ]

    static let explorerSetPicture = [
        PictureLayer(.stroke(0x6B3A12, width: 4), "M24,16 C24,6 40,6 40,16"),
        PictureLayer(
            .fill(0x8B5A2B),
            "M14,24 C14,16 20,13 32,13 C44,13 50,16 50,24 L53,54 C53,58 50,60 46,60 L18,60 C14,60 11,58 11,54 Z"
        ),
        PictureLayer(
            .fill(0xC78F55),
            "M17,25 C17,19 22,16 32,16 C42,16 47,19 47,25 L50,53 C50,56 48,57 45,57 L19,57 C16,57 14,56 14,53 Z"
        ),
        PictureLayer(.fill(0x8B5A2B), "M20,38 L44,38 L44,54 L20,54 Z"),
        PictureLayer(.fill(0xFFB84D), "M29,41 L35,41 L35,48 L29,48 Z"),
        PictureLayer(.stroke(0x6B3A12, width: 3), "M18,28 L46,28"),
    ]
}
