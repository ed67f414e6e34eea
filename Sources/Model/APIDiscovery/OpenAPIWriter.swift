import JSONValue
import KubeModel

/// Writes the operations of a path in either form.
enum OpenAPIWriter {
    typealias Parameter = OpenAPIOperation.Parameter

    private static let reasons = [200: "OK", 201: "Created", 202: "Accepted"]

    /// The parameters that every operation of a path has stand once, at the path.
    private static func common(_ operations: [OpenAPIOperation]) -> [Parameter] {
        guard let first = operations.first else { return [] }
        return first.parameters.filter { parameter in operations.allSatisfy { $0.parameters.contains(parameter) } }
    }

    private static func item(
        _ operations: [OpenAPIOperation], parameter: (Parameter) -> JSON,
        operation: (OpenAPIOperation, [Parameter]) -> JSON
    ) -> JSON {
        let common = common(operations)
        var item = JSONObject()
        for one in operations {
            let own = one.parameters.filter { !common.contains($0) }.sorted { $0.name < $1.name }
            item[one.method] = operation(one, own)
        }
        if !common.isEmpty { item["parameters"] = .array(common.sorted { $0.name < $1.name }.map(parameter)) }
        return .object(item)
    }

    /// What both forms have alike.
    private static func start(_ operation: OpenAPIOperation, at path: String) -> JSONObject {
        let (id, tag) = operation.identity(at: path)
        return ["description": .string(operation.description), "tags": [.string(tag)], "operationId": .string(id)]
    }

    private static func finish(_ object: inout JSONObject, _ operation: OpenAPIOperation) {
        if let action = operation.action { object["x-kubernetes-action"] = .string(action) }
        if let kind = operation.kind { object["x-kubernetes-group-version-kind"] = OpenAPISchemas.json(kind) }
    }

    private static func schema(_ content: OpenAPIOperation.Content, _ schemas: inout OpenAPISchemas) -> JSON {
        switch content {
        case .type(let name): ["$ref": schemas.reference(name)]
        case .list(let kind, let item): ["$ref": schemas.listReference(kind, item: item)]
        case .text: ["type": "string"]
        }
    }

    private static func described(_ parameter: Parameter) -> JSONObject {
        var object: JSONObject = [
            "name": .string(parameter.name), "in": .string(parameter.place),
            "description": .string(OpenAPIParameters.description(of: parameter.name)),
        ]
        if parameter.place == "path" { object["required"] = true }
        return object
    }

    private static let unauthorized: JSON = ["description": "Unauthorized"]

    // MARK: OpenAPI 3.0

    static func v3(_ path: String, _ operations: [OpenAPIOperation], _ schemas: inout OpenAPISchemas) -> JSON {
        func parameter(_ parameter: Parameter) -> JSON {
            var object = described(parameter)
            object["schema"] = ["type": .string(parameter.type), "uniqueItems": true]
            return .object(object)
        }
        return item(operations, parameter: parameter) { operation, parameters in
            var object = start(operation, at: path)
            if !parameters.isEmpty { object["parameters"] = .array(parameters.map(parameter)) }
            if let body = operation.body {
                let schema = schema(body.content, &schemas)
                var request: JSONObject = ["content": content(body.mediaTypes, schema)]
                if body.isRequired { request["required"] = true }
                object["requestBody"] = .object(request)
            }
            let answer = content(operation.produces, schema(operation.answer, &schemas))
            var responses = JSONObject()
            for code in operation.codes {
                responses[String(code)] = ["description": .string(reasons[code] ?? ""), "content": answer]
            }
            responses["401"] = unauthorized
            object["responses"] = .object(responses)
            finish(&object, operation)
            return .object(object)
        }
    }

    private static func content(_ mediaTypes: [String], _ schema: JSON) -> JSON {
        .object(JSONObject(mediaTypes.sorted().map { ($0, ["schema": schema]) }))
    }

    // MARK: Swagger 2.0

    static func v2(_ path: String, _ operations: [OpenAPIOperation], _ schemas: inout OpenAPISchemas) -> JSON {
        func parameter(_ parameter: Parameter) -> JSON {
            var object = described(parameter)
            object["type"] = .string(parameter.type)
            object["uniqueItems"] = true
            return .object(object)
        }
        return item(operations, parameter: parameter) { operation, parameters in
            var object = start(operation, at: path)
            object["consumes"] = JSON(operation.body?.mediaTypes ?? ["*/*"])
            object["produces"] = JSON(operation.produces)
            object["schemes"] = ["https"]
            var written = parameters.map(parameter)
            if let body = operation.body {
                var request: JSONObject = ["name": "body", "in": "body", "schema": schema(body.content, &schemas)]
                if body.isRequired { request["required"] = true }
                written.insert(.object(request), at: 0)
            }
            if !written.isEmpty { object["parameters"] = .array(written) }
            let answer = schema(operation.answer, &schemas)
            var responses = JSONObject()
            for code in operation.codes {
                responses[String(code)] = ["description": .string(reasons[code] ?? ""), "schema": answer]
            }
            responses["401"] = unauthorized
            object["responses"] = .object(responses)
            finish(&object, operation)
            return .object(object)
        }
    }
}
