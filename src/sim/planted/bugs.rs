//! The planted bugs by name. What each does to the bot is said in `saboteur`; here nothing is done.

macro_rules! bugs {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// A planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $($(#[doc = $doc])* $name,)* }
        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

bugs! {
    /// Pushes without lease.
    IgnoresLease,
    /// Takes the checks of any green commit for those of this one.
    AcceptsAnyChecks,
    /// Takes a commit as green because the same head was green on another trunk.
    ReusesGreen,
    /// Takes skipped, running and cancelled checks as passed.
    UnknownIsGreen,
    /// Does not look again at pull requests before landing.
    SkipsApprovalRecheck,
    /// Believes that everybody may push.
    TrustsEverybody,
    /// Says it took the landing's lease away without doing it.
    SkipsRevoke,
    /// Acts before the state is durable.
    PerformsBeforeCommitting,
    /// Goes on after another process took over.
    IgnoresFencing,
    /// Forgets landings when it crashes.
    ForgetsLandings,
    /// Forgets who is queued when it crashes.
    ForgetsQueue,
    /// Takes CI's own cancellation for a failure.
    CancelledIsRed,
    /// Sends back at the first red, whatever the settings say.
    RedAtOnce,
    /// Counts the same red twice.
    CountsRedTwice,
    /// Sends back on the trunk it remembers.
    EjectsWithoutReread,
    /// Holds trunk for green without testing it.
    BlamesOnRedTrunk,
    /// Landed means that trunk is the tip, not that it is behind trunk.
    LandedMeansTip,
    /// Writes answers without looking whether they are there.
    AnswersTwice,
    /// Does not say again what was not answered.
    NeverRetells,
    /// Never looks at anything it was not told of.
    SkipsReconcile,
    /// Never gives up on CI.
    WaitsForever,
    /// Moves candidate tags.
    MovesTags,
    /// Lands without an entry in the ledger.
    LandsUnrecorded,
    /// Writes over what others wrote to the ledger.
    ForcesLedger,
    /// Forgets that it was frozen when it crashes.
    ForgetsFreeze,
    /// Forgets who is held when it crashes.
    ForgetsHolds,
    /// Counts approvals of another head.
    CountsOldApprovals,
    /// Counts approvals that were dismissed.
    CountsDismissed,
    /// Overlooks that changes are wanted.
    OverlooksWantedChanges,
    /// Takes whatever something depends on for landed.
    IgnoresDependencies,
    /// Overlooks a blocking label that is put on later.
    OverlooksBlockingLabels,
    /// Judges a pull request by its own settings.
    BelievesTheHeadsSettings,
    /// Takes pull requests to another trunk for its own.
    TakesAnothersPulls,
    /// Pushes runs of any trunk to the branches of the default one.
    MixesUpTrunks,
    /// Does not see that the branch somebody spoke for is another now.
    OverlooksBaseChanges,
    /// Takes a head that was tried on some trunk for tested.
    TakesTriedForTested,
    /// Reads a far larger budget of runs than is written.
    OverspendsRuns,
    /// Sends back without going over what may fail.
    ForgivesNothing,
    /// Never goes on without one that is out of reach.
    WaitsForTheLost,
    /// Takes what something stands on for landed.
    ForgetsWhatItStandsOn,
    /// Never sends to trunk what stood on what has landed.
    NeverRetargets,
    /// Deletes branches without looking who stands on them.
    DeletesUnderOthers,
    /// Deletes branches wherever they are.
    DeletesWhatWasPushedTo,
    /// Overlooks in which shape something is to land.
    IgnoresShapes,
    /// Overlooks that something is to be in no group with others.
    IgnoresAlone,
    /// Overlooks who owns what.
    OverlooksOwners,
    /// Overlooks that something is still talked about.
    OverlooksTalks,
    /// Takes everybody for a member of any team.
    TakesAnybodyForMembers,
}

impl Bug {
    /// A bug by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name().eq_ignore_ascii_case(name))
    }
}
