package import LinuxKernel
package import NFTables

/// Owns the table `inet kastell` of one network namespace. Nothing else writes to it.
package actor RulesetApplier {
    private let thread: KernelThread
    private var kernel: NFTablesContext?
    private var generations: NFTablesGeneration?
    /// What the kernel holds; nil while that is not known.
    private var applied: Ruleset?
    private var generation: UInt32?
    /// How the kernel prints what was sent, once it was looked at.
    private var baseline: String?

    /// How many transactions were sent.
    package private(set) var transactions = 0

    /// An owner that works on `thread`, in its namespace.
    package init(on thread: KernelThread) { self.thread = thread }

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// Makes the kernel hold `desired`: one transaction, all or nothing. The first one replaces whatever is there.
    ///
    /// - Parameter edits: everything that may differ from what was applied last; nil for all of it.
    /// - Returns: what was sent.
    @discardableResult
    package func apply(_ desired: Ruleset, edits: RulesetEdits? = nil) throws(RulesetError) -> RulesetDelta {
        let delta = applied?.delta(to: desired, edits: edits) ?? desired.replacement
        if delta.isEmpty {
            applied = desired
            return delta
        }
        do throws(RulesetError) {
            try send(delta)
        } catch {
            // Somebody may have changed what the delta builds upon: say it again from nothing.
            guard applied != nil else { throw error }
            applied = nil
            let whole = desired.replacement
            try send(whole)
            applied = desired
            return whole
        }
        applied = desired
        return delta
    }

    private func send(_ delta: RulesetDelta) throws(RulesetError) {
        do throws(NFTablesError) {
            if kernel == nil { kernel = try NFTablesContext() }
            try kernel?.run(delta.text)
            transactions += 1
        } catch {
            throw RulesetError(
                table: delta.table, cause: self.kernel == nil ? .unavailable(error.text) : .refused(error.text))
        }
        generation = try? readGeneration()
        baseline = nil
    }

    private func readGeneration() throws(SystemError) -> UInt32 {
        if let generations { return try generations.read() }
        let generations = try NFTablesGeneration()
        self.generations = generations
        return try generations.read()
    }

    /// Whether the kernel's table has the chains, rules, sets and elements that were sent, by their number. Reads the
    /// whole table.
    package func verify() throws(RulesetError) -> Bool {
        guard let applied else { return false }
        return listing()?.agrees(with: applied) ?? false
    }

    /// What the kernel has; nil when there is no such table.
    private func listing() -> TableListing? {
        guard let applied, let kernel else { return nil }
        do throws(NFTablesError) {
            return TableListing(try kernel.run("list table inet \(applied.table)\n"))
        } catch {
            return nil
        }
    }

    /// Restores the table when somebody changed it. A look at one number while nobody changes any table; the first time
    /// after a change of ours it reads the table, to know later what it looks like.
    ///
    /// - Returns: whether it had to be restored.
    package func resync() throws(RulesetError) -> Bool {
        guard let desired = applied else { return false }
        let now = try? readGeneration()
        if let generation, now == generation {
            if baseline == nil { baseline = listing()?.stable }
            return false
        }
        // Another program's table, perhaps.
        if let baseline, listing()?.stable == baseline {
            generation = now
            return false
        }
        applied = nil
        try apply(desired)
        return true
    }

    /// Removes the table: nothing is filtered any more.
    package func remove() throws(RulesetError) {
        try send(RulesetDelta(removing: "inet \(Ruleset().table)"))
        applied = nil
    }
}
