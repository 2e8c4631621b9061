/**
 * Looks at a journal directory from outside: what is in it, what is wrong, and what opening or a repair would
 * do. For the command line.
 *
 * - `inspect-journal` reads the directory beside a writer; `journal-findings` says what is wrong with it.
 * - `opening-plan` decides what opening would do, with the functions of `recover/`.
 * - `repair` plans a cut of the newest segment, and makes it.
 */
export type { Finding, FindingCode } from './finding.js';
export { inspectJournal, type JournalInspection } from './inspect-journal.js';
export { assertJournalThere, type InspectOptions } from './inspected-directory.js';
export type { JournalFile, JournalFileKind } from './journal-files.js';
export { accessOfJournal } from './journal-owner.js';
export { applyRepair, planRepair, type PlannedCut, type RepairPlan, type RepairResult } from './repair.js';
export type { EntriesAfterDamage } from './entries-after-damage.js';
export type { SegmentState, SegmentSummary } from './segment-summary.js';
