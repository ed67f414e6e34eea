import Confinement
import JSONValue
import PolicyModel
import Testing

@Suite("confinement cases") struct CaseTests {
    @Test("each case is decided as its file says", arguments: try Case.all())
    func decides(_ given: Case) throws {
        let decision = given.decision
        if given.name.hasPrefix("allow-") {
            guard let container = decision.container else {
                Issue.record("refused: \(decision.refusals.map(\.message))")
                return
            }
            let differences = View.differences(View.json(container, given.node), given.expected)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(given.expected.object?.isEmpty == false, "the case expects nothing")
            #expect(!container.grounds.isEmpty)
        } else {
            let first = try #require(decision.refusals.first, "it is confined")
            #expect(first.message == given.expected["message"]?.string)
            #expect(first.reason.rawValue == given.expected["reason"]?.string)
            #expect(first.violation.field.rawValue == given.expected["field"]?.string)
            #expect(first.violation.control.rawValue == given.expected["control"]?.string ?? given.folder)
            for refusal in decision.refusals { #expect(!refusal.violation.remedy.isEmpty && !refusal.message.isEmpty) }
            if let remedy = given.expected["remedy"]?.string { #expect(first.violation.remedy == remedy) }
            if let count = given.expected["count"]?.int { #expect(decision.refusals.count == Int(count)) }
            #expect(!decision.decision.isAllowed)
        }
    }

    @Test("every control has a case that allows and one that denies") func foldersAreComplete() throws {
        let cases = try Case.all()
        for folder in Set(cases.map(\.folder)) {
            for verdict in ["allow-", "deny-"] {
                #expect(
                    cases.contains { $0.folder == folder && $0.name.hasPrefix(verdict) },
                    "\(folder) lacks a file that begins with \(verdict)")
            }
        }
        #expect(Set(cases.map(\.folder)).count >= 18)
        for given in cases {
            #expect(given.name.hasPrefix("allow-") || given.name.hasPrefix("deny-"), "\(given.testDescription)")
        }
    }
}
