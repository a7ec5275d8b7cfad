/// The pictures of the items: on a square of 64 by 64.
extension ItemLook {
    /// The layers of its picture, the lowest first.
    public var picture: [PictureLayer] {
        switch self {
        case .extraLife: Self.extraLifePicture
        case .goldenKey: Self.goldenKeyPicture
        case .healthPotion: Self.healthPotionPicture
        case .hint: Self.hintPicture
        case .arrow: Self.arrowPicture
        case .swordOfDawn: Self.swordOfDawnPicture
        case .lantern: Self.lanternPicture
        case .mapOfTheDepths: Self.mapOfTheDepthsPicture
        case .apiCalls: Self.apiCallsPicture
        case .seasonPass: Self.seasonPassPicture
        case .explorerSet: Self.explorerSetPicture
        case .unknown: Self.unknownPicture
        }
    }

    private static let extraLifePicture = [
        PictureLayer(
            .fill(0xB3263A),
            """
            M32,57 C20,48 7,38 7,24 C7,15 13,9 20,9 C25.5,9 29.5,12 32,16 C34.5,12 38.5,9 44,9
            C51,9 57,15 57,24 C57,38 44,48 32,57 Z
            """
        ),
        PictureLayer(
            .fill(0xE8455B),
            """
            M31,50 C21,42 10.5,34 10.5,23.5 C10.5,17 15,12.5 20.5,12.5 C26,12.5 29.5,16.5 32,21
            C34.5,16.5 38,12.5 43.5,12.5 C47.5,12.5 51,15 52.5,19 C48,36 40,44 31,50 Z
            """
        ),
        PictureLayer(
            .fill(0xFF9AA5),
            """
            M16,22 C16,18.5 18,16.5 21,16.5 C22.8,16.5 23,18.5 21.5,19 C19.5,19.7 18.8,21 18.6,23.5
            C18.4,25.6 16,25 16,22 Z
            """
        ),
        PictureLayer(
            .fill(0xFFE9C9),
            """
            M30,26 L34,26 L34,31 L39,31 L39,35 L34,35 L34,40 L30,40 L30,35 L25,35 L25,31 L30,31 Z
            """
        ),
    ]

    private static let goldenKeyPicture = [
        PictureLayer(
            .fill(0xA8680B),
            """
            M22,6 C12.6,6 6,12.8 6,21.5 C6,30 12.6,37 22,37 C23.6,37 25.2,36.8 26.6,36.3 L31,40.7
            L36,40.7 L36,46 L41.5,46 L41.5,51.5 L47,51.5 L53,57.5 L59,57.5 L59,49.5 L37.2,27.6
            C37.8,25.7 38,23.7 38,21.5 C38,12.8 31.4,6 22,6 Z M18,13.5 C21,13.5 23.3,15.8 23.3,18.7
            C23.3,21.6 21,23.9 18,23.9 C15.1,23.9 12.8,21.6 12.8,18.7 C12.8,15.8 15.1,13.5 18,13.5 Z
            """
        ),
        PictureLayer(
            .fill(0xF2B62B),
            """
            M22,9 C14.3,9 9,14.6 9,21.5 C9,28.4 14.3,34 22,34 C24,34 25.8,33.6 27.4,32.9 L32.4,37.7
            L39,37.7 L39,43 L44.5,43 L44.5,48.5 L48.5,48.5 L54.3,54.5 L56,54.5 L56,50.8 L33.7,28.5
            C34.6,26.5 35,24.1 35,21.5 C35,14.6 29.7,9 22,9 Z M18,11.5 C22,11.5 25.3,14.7 25.3,18.7
            C25.3,22.7 22,25.9 18,25.9 C14,25.9 10.8,22.7 10.8,18.7 C10.8,14.7 14,11.5 18,11.5 Z
            """
        ),
        PictureLayer(
            .stroke(0xFFE69A, width: 2),
            """
            M31,27.5 L50,46.5
            """
        ),
        PictureLayer(
            .stroke(0xFFE69A, width: 2),
            """
            M26.5,12.5 C30,14 32,17.2 32,21
            """
        ),
    ]

    private static let healthPotionPicture = [
        PictureLayer(
            .fill(0x8B5A2B),
            """
            M25,5 L39,5 L39,13 L25,13 Z
            """
        ),
        PictureLayer(
            .fill(0xC78F55),
            """
            M27,5 L31,5 L31,13 L27,13 Z
            """
        ),
        PictureLayer(
            .fill(0x9EC7D8),
            """
            M24,12 L40,12 L40,17 L38,17 L38,25 C47,28.5 53,35.5 53,43 C53,53 44,59 32,59
            C20,59 11,53 11,43 C11,35.5 17,28.5 26,25 L26,17 L24,17 Z
            """
        ),
        PictureLayer(
            .fill(0xE3F3F7),
            """
            M28,17 L36,17 L36,27 C44.5,29.5 50,36 50,43 C50,51 42.5,56 32,56 C21.5,56 14,51 14,43
            C14,36 19.5,29.5 28,27 Z
            """
        ),
        PictureLayer(
            .fill(0x2E9E6B),
            """
            M15,40 C20,37 26,43 32,40.5 C38,38 44,37.5 49.5,40.5 C51,50 43,56 32,56
            C21,56 13.5,50.5 15,40 Z
            """
        ),
        PictureLayer(
            .fill(0x5CCB95),
            """
            M15.5,40 C20,37.5 26,43 32,40.5 C38,38 44,37.5 49.2,40.2 C44,43 38,41.5 33,44
            C27,47 20,43 15.5,40 Z
            """
        ),
        PictureLayer(
            .fill(0xB8F2D6),
            """
            M22,47 C22,45.9 22.9,45 24,45 C25.1,45 26,45.9 26,47 C26,48.1 25.1,49 24,49
            C22.9,49 22,48.1 22,47 M34.4,50 C34.4,49.12 35.12,48.4 36,48.4
            C36.88,48.4 37.6,49.12 37.6,50 C37.6,50.88 36.88,51.6 36,51.6
            C35.12,51.6 34.4,50.88 34.4,50 M39.8,45.5 C39.8,44.84 40.34,44.3 41,44.3
            C41.66,44.3 42.2,44.84 42.2,45.5 C42.2,46.16 41.66,46.7 41,46.7
            C40.34,46.7 39.8,46.16 39.8,45.5
            """
        ),
        PictureLayer(
            .stroke(0xFFFFFF, width: 2),
            """
            M20,36 C21,34 23,32.5 25,31.5
            """
        ),
    ]

    private static let hintPicture = [
        PictureLayer(
            .fill(0x6A4BB8),
            """
            M9,8 L55,8 C56.66,8 58,9.34 58,11 L58,43 C58,44.66 56.66,46 55,46 L36,46 L25,58 L25,46
            L9,46 C7.34,46 6,44.66 6,43 L6,11 C6,9.34 7.34,8 9,8 Z
            """
        ),
        PictureLayer(
            .fill(0x9678E3),
            """
            M10,11 L54,11 L54,40 L10,40 Z
            """
        ),
        PictureLayer(
            .fill(0xFFE08A),
            """
            M32,15 L35,22.2 L42.8,22.8 L36.8,27.8 L38.7,35.4 L32,31.3 L25.3,35.4 L27.2,27.8
            L21.2,22.8 L29,22.2 Z
            """
        ),
        PictureLayer(
            .fill(0xFFF7DB),
            """
            M32,15 L33.2,23.8 L32,31.3 L29.8,24.8 L21.2,22.8 L29,22.2 Z
            """
        ),
        PictureLayer(
            .stroke(0xD9CBFF, width: 2),
            """
            M14,15.5 L17,15.5 M47,36 L50,36
            """
        ),
    ]

    private static let arrowPicture = [
        PictureLayer(
            .stroke(0x7A4A22, width: 4.5),
            """
            M15,49 L49,15
            """
        ),
        PictureLayer(
            .stroke(0xB57B45, width: 1.6),
            """
            M15.5,47 L47.5,15
            """
        ),
        PictureLayer(
            .fill(0x556070),
            """
            M59,5 L54,25 L46.5,17.5 L39,10 Z
            """
        ),
        PictureLayer(
            .fill(0xA9B6C6),
            """
            M59,5 L46.5,17.5 L39,10 Z
            """
        ),
        PictureLayer(
            .fill(0xC2442F),
            """
            M8,44 L17,35 L22,40 L22,42 L15,49 L13,58 L4,60 L6,51 Z
            """
        ),
        PictureLayer(
            .fill(0xEE7A55),
            """
            M8,44 L17,35 L22,40 L12,50 L4,60 L6,51 Z
            """
        ),
        PictureLayer(
            .stroke(0xFFD9C2, width: 1.5),
            """
            M9.5,46 L13.5,46 M13,42.5 L17,42.5
            """
        ),
    ]

    private static let swordOfDawnPicture = [
        PictureLayer(
            .fill(0xF7B733),
            """
            M58,5 L57,15 L25.5,46 L18.5,39 L49,7 Z
            """
        ),
        PictureLayer(
            .fill(0xFFE08C),
            """
            M58,5 L22,42.5 L18.5,39 L49,7 Z
            """
        ),
        PictureLayer(
            .fill(0xFFF8E1),
            """
            M58,5 L31,33.5 L28.5,31 L49,9.5 Z
            """
        ),
        PictureLayer(
            .fill(0x7C2D5E),
            """
            M12,33 L16,29 L35,48 L31,52 Z
            """
        ),
        PictureLayer(
            .fill(0xB94A8A),
            """
            M12,33 L16,29 L25.5,38.5 L21.5,42.5 Z
            """
        ),
        PictureLayer(
            .fill(0x4A2440),
            """
            M20.5,44 L23,46.5 L14,55.5 L8.5,50 L17.5,41 Z
            """
        ),
        PictureLayer(
            .stroke(0x8D4F7C, width: 1.6),
            """
            M15,46.5 L18.5,50 M11.8,49.6 L15,53
            """
        ),
        PictureLayer(
            .fill(0xF7B733),
            """
            M9,50.5 C10.95,48.55 14.12,48.55 16.07,50.51 C18.02,52.46 18.02,55.62 16.07,57.58
            C14.11,59.53 10.95,59.53 9,57.58 C7.04,55.63 7.04,52.46 8.99,50.51 M9,48.8
            C12.31,48.81 14.99,51.49 14.99,54.8 C14.99,58.12 12.3,60.8 8.99,60.8
            C5.68,60.8 2.99,58.12 2.99,54.8 C2.99,51.49 5.67,48.81 8.98,48.8 Z
            """
        ),
        PictureLayer(
            .stroke(0xFFC94D, width: 2),
            """
            M40,5 L41,8 M58.5,24 L61,25 M35,11.5 L32,10
            """
        ),
    ]

    private static let lanternPicture = [
        PictureLayer(
            .stroke(0x4B3A2A, width: 3),
            """
            M22,15 C22,3.5 42,3.5 42,15
            """
        ),
        PictureLayer(
            .fill(0x5E4934),
            """
            M20,14 L44,14 L48,21 L16,21 Z
            """
        ),
        PictureLayer(
            .fill(0x7B6146),
            """
            M20,14 L32,14 L32,21 L16,21 Z
            """
        ),
        PictureLayer(
            .fill(0xFFB037),
            """
            M18,21 L46,21 L46,49 L18,49 Z
            """
        ),
        PictureLayer(
            .fill(0xFFD97A),
            """
            M22,21 L42,21 L42,49 L22,49 Z
            """
        ),
        PictureLayer(
            .fill(0xFFF4CF),
            """
            M32,25 C37,31 39,35 39,39.5 C39,44 36,47 32,47 C28,47 25,44 25,39.5 C25,35 27,31 32,25 Z
            """
        ),
        PictureLayer(
            .fill(0xF0741D),
            """
            M32,32 C35,36 36.3,38.5 36.3,41.3 C36.3,44.6 34.5,47 32,47 C29.5,47 27.7,44.6 27.7,41.3
            C27.7,38.5 29,36 32,32 Z
            """
        ),
        PictureLayer(
            .fill(0x5E4934),
            """
            M16,49 L48,49 L51,58 L13,58 Z
            """
        ),
        PictureLayer(
            .fill(0x7B6146),
            """
            M16,49 L32,49 L32,58 L13,58 Z
            """
        ),
        PictureLayer(
            .stroke(0x4B3A2A, width: 2.5),
            """
            M18,22 L18,49 M46,22 L46,49
            """
        ),
    ]

    private static let mapOfTheDepthsPicture = [
        PictureLayer(
            .fill(0xB98A4B),
            """
            M6,13 L23,7 L41,13 L58,7 L58,51 L41,57 L23,51 L6,57 Z
            """
        ),
        PictureLayer(
            .fill(0xF1DDAF),
            """
            M8.5,15 L22,10 L22,48.5 L8.5,53.5 Z
            """
        ),
        PictureLayer(
            .fill(0xE3C68B),
            """
            M24,10 L40,15.5 L40,54 L24,48.5 Z
            """
        ),
        PictureLayer(
            .fill(0xF1DDAF),
            """
            M42,15.5 L55.5,10.5 L55.5,49 L42,54 Z
            """
        ),
        PictureLayer(
            .stroke(0x7A5A2E, width: 2.2),
            """
            M13,44 C14,36 19,37 21,31 M26,27 C29,21 34,25 37,29 M44,30 C48,30 48,25 50,22
            """
        ),
        PictureLayer(
            .stroke(0xC2352B, width: 3),
            """
            M46.5,15.5 L52.5,20.5 M52.5,15.5 L46.5,20.5
            """
        ),
        PictureLayer(
            .fill(0x3F7E8C),
            """
            M27,37 L32,31.5 L37,41 L37,45.5 L27,42 Z
            """
        ),
    ]

    private static let unknownPicture = [
        PictureLayer(
            .fill(0x7A4A22),
            """
            M7,27 C7,16 14,11 22,11 L42,11 C50,11 57,16 57,27 Z
            """
        ),
        PictureLayer(
            .fill(0xA86D38),
            """
            M10,26 C10,18 15,14 22,14 L42,14 C49,14 54,18 54,26 Z
            """
        ),
        PictureLayer(
            .fill(0x8E5A2C),
            """
            M7,29 L57,29 L57,54 L7,54 Z
            """
        ),
        PictureLayer(
            .fill(0xB57B45),
            """
            M10,32 L54,32 L54,51 L10,51 Z
            """
        ),
        PictureLayer(
            .fill(0xE8B13C),
            """
            M14,11.5 L20,11.5 L20,54 L14,54 Z M44,11.5 L50,11.5 L50,54 L44,54 Z
            """
        ),
        PictureLayer(
            .fill(0x5C3717),
            """
            M7,26.5 L57,26.5 L57,30 L7,30 Z
            """
        ),
        PictureLayer(
            .fill(0xF6CF63),
            """
            M26,23 L38,23 L38,34 C38,37.31 35.31,40 32,40 C28.69,40 26,37.31 26,34 Z
            """
        ),
        PictureLayer(
            .fill(0x5C3717),
            """
            M32,27 C33.01,27 33.9,27.66 34.2,28.62 C34.5,29.58 34.13,30.63 33.3,31.2 L34,35.5
            L30,35.5 L30.7,31.2 C29.87,30.63 29.5,29.58 29.8,28.62 C30.1,27.66 30.99,27 32,27 Z
            """
        ),
    ]
}
