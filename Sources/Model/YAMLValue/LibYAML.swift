import CYAML

// The only file that calls libyaml. What leaves it are values.

/// One event of a YAML stream, copied out of libyaml's memory.
enum YAMLEvent {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(YAMLScalar, anchor: String?)
    case sequenceStart(anchor: String?)
    case sequenceEnd
    case mappingStart(anchor: String?)
    case mappingEnd
}

/// A scalar as written, before its type is resolved.
struct YAMLScalar {
    var text: String
    /// The explicit tag in its long form, such as `tag:yaml.org,2002:str`.
    var tag: String?
    /// Whether it is written without quotes and without a tag, so that its text decides its type.
    var isPlain: Bool
}

/// Reads events from a copy of the given bytes.
@safe struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8], limit: Int) throws(YAMLError) {
        guard bytes.count <= limit else { throw YAMLError(.tooLarge(limit: limit), YAMLMark(line: 1, column: 1)) }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = unsafe copy.initialize(from: bytes)
        let state = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(state) == 1 else {
            unsafe state.deallocate()
            unsafe copy.deallocate()
            throw YAMLError(.outOfMemory, YAMLMark(line: 1, column: 1))
        }
        unsafe yaml_parser_set_input_string(state, copy.baseAddress, bytes.count)
        unsafe parser = state
        unsafe input = copy
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event and where it begins; after an error or the end of the stream there is none to ask for.
    mutating func next() throws(YAMLError) -> (YAMLEvent, YAMLMark) {
        var raw = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &raw) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&raw) }
        let mark = unsafe YAMLMark(raw.start_mark)
        switch unsafe raw.type {
        case YAML_STREAM_START_EVENT: return (.streamStart, mark)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, mark)
        case YAML_ALIAS_EVENT: return (.alias(unsafe text(raw.data.alias.anchor) ?? ""), mark)
        case YAML_SEQUENCE_START_EVENT:
            return (.sequenceStart(anchor: unsafe text(raw.data.sequence_start.anchor)), mark)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, mark)
        case YAML_MAPPING_START_EVENT:
            return (.mappingStart(anchor: unsafe text(raw.data.mapping_start.anchor)), mark)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, mark)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe raw.data.scalar
            let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let tag = unsafe text(scalar.tag)
            return (
                .scalar(
                    YAMLScalar(
                        text: unsafe String(decoding: value, as: UTF8.self), tag: tag,
                        isPlain: tag == nil && (unsafe scalar.plain_implicit != 0)),
                    anchor: unsafe text(scalar.anchor)), mark
            )
        default: return (.streamEnd, mark)
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        unsafe pointer.map { unsafe String(decodingCString: $0, as: UTF8.self) }
    }

    private func failure() -> YAMLError {
        let raw = unsafe parser.pointee
        let words = unsafe raw.problem.map { unsafe String(cString: $0) } ?? "cannot be read"
        switch unsafe raw.error {
        case YAML_MEMORY_ERROR: return YAMLError(.outOfMemory, unsafe YAMLMark(raw.mark))
        case YAML_READER_ERROR:
            return YAMLError(.encoding(words), markOfByte(unsafe Int(raw.problem_offset)))
        default:
            let mark = unsafe YAMLMark(raw.problem_mark)
            let at = unsafe Int(raw.problem_mark.index)
            let isTab = words.contains("tab character") || words.contains("cannot start any token")
            if isTab, unsafe at < input.count, unsafe input[at] == 0x09 {
                return YAMLError(.tabIndentation, mark)
            }
            return YAMLError(.syntax(words), mark)
        }
    }

    /// A reader error knows the byte only.
    private func markOfByte(_ offset: Int) -> YAMLMark {
        var mark = YAMLMark(line: 1, column: 1)
        for index in 0..<min(max(offset, 0), unsafe input.count) {
            if unsafe input[index] == 0x0A {
                mark = YAMLMark(line: mark.line + 1, column: 1)
            } else {
                mark.column += 1
            }
        }
        return mark
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
