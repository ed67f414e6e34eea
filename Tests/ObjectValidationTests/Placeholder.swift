import Testing
@testable import ObjectValidation
