import Foundation
import JSONValue
import KubeModel
import Testing

/// One table: a valid object of a kind, and what changes to it are answered.
struct CaseTable: CustomTestStringConvertible, Sendable {
    var name: String
    var content: JSON
    var testDescription: String { name }

    var kind: GroupVersionKind {
        get throws {
            let version = try #require(GroupVersion(content["apiVersion"]?.string ?? ""))
            let kind = try #require(content["kind"]?.string)
            return GroupVersionKind(group: version.group, version: version.version, kind: kind)
        }
    }
    var namespaced: Bool { content["clusterScoped"] != true }
    var base: JSON {
        var base = content["base"] ?? [:]
        base["apiVersion"] = content["apiVersion"]
        base["kind"] = content["kind"]
        if base[path: "metadata", "name"] == nil { base[path: "metadata", "name"] = "x" }
        return base
    }

    /// All tables, one folder for each family of kinds.
    static func all() throws -> [CaseTable] {
        let root = try #require(Bundle.module.url(forResource: "Cases", withExtension: nil))
        var tables: [CaseTable] = []
        for family in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
            let folder = root.appending(path: family)
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() where file.hasSuffix(".json") {
                let content = try JSON.parse(Array(Data(contentsOf: folder.appending(path: file))))
                tables.append(CaseTable(name: "\(family)/\(file)", content: content))
            }
        }
        return tables
    }
}

/// The rules of the kinds, by tables: every table's object is valid, and each of its cases has just the faults it names.
@Suite struct CaseTests {
    @Test("the object of a table is valid", arguments: try CaseTable.all())
    func bases(_ table: CaseTable) throws {
        let written = try Written(creating: table.base, kind: table.kind, namespaced: table.namespaced)
        #expect(written.faults == [])
        let again = try Written(
            changing: written.object, to: written.object, kind: table.kind, namespaced: table.namespaced, subresource: nil)
        #expect(again.faults == [])
    }

    @Test("a new object has the faults that its case names", arguments: try CaseTable.all())
    func creations(_ table: CaseTable) throws {
        for item in table.content["create"]?.array ?? [] {
            let object = Written.merge(table.base, item["patch"] ?? [:])
            let faults = try Written(creating: object, kind: table.kind, namespaced: table.namespaced).faults
            #expect(faults == item["faults"]?.strings, "\(item["title"]?.string ?? "")")
        }
    }

    @Test("a changed object has the faults that its case names", arguments: try CaseTable.all())
    func updates(_ table: CaseTable) throws {
        for item in table.content["update"]?.array ?? [] {
            let before = Written.merge(table.base, item["from"] ?? [:])
            let stored = try Written(creating: before, kind: table.kind, namespaced: table.namespaced)
            #expect(stored.faults == [])
            let written = try Written(
                changing: stored.object, to: Written.merge(stored.object, item["patch"] ?? [:]), kind: table.kind,
                namespaced: table.namespaced, subresource: item["subresource"]?.string)
            #expect(written.faults == item["faults"]?.strings, "\(item["title"]?.string ?? "")")
        }
    }

    @Test("there is a table with accepted and refused changes for every family")
    func completeness() throws {
        let tables = try CaseTable.all()
        #expect(tables.count >= 25)
        for table in tables {
            let cases = (table.content["create"]?.array ?? []) + (table.content["update"]?.array ?? [])
            #expect(cases.contains { $0["faults"]?.array?.isEmpty == false }, "\(table.name) refuses nothing")
        }
    }
}
