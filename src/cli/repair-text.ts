/** The text of `file-journal repair`. */
import type { EntriesAfterDamage, PlannedCut, RepairPlan } from '../file-journal/index.js';
import type { RecoveryReport } from '../journal/index.js';
import { showFaults } from './faults-text.js';
import { formatCount } from './format-values.js';
import type { Output } from './output.js';
import { describeWriter } from './writer-text.js';

export function showRepairPlan(output: Output, plan: RepairPlan): void {
  const { green, red } = output.colors;
  const { action, cut, reason, otherFaults, directory } = plan;
  if (cut !== null) {
    showCut(output, plan, cut, 'would be cut');
    if (plan.writer !== null && plan.writer !== 'unknown')
      output.line(`  writer    ${describeWriter(plan.writer)}; stop it before a repair`);
  }
  if (action === 'impossible') {
    output.line(red(`a cut cannot repair this: ${reason}`));
    output.line('  next: restore the missing or damaged files from a backup');
  }
  if (otherFaults !== null && otherFaults.length > 0) {
    if (cut !== null) output.line();
    output.line(red('A repair leaves these faults: an older segment cannot be repaired by cutting.'));
    showFaults(output, otherFaults);
    output.line('  next: restore these segments from a backup');
  }
  if (action === 'none' && (otherFaults ?? []).length === 0)
    output.line(green('nothing to repair: every entry is intact'));
  if (cut === null) return;
  output.line();
  output.line(
    cut.isTornWrite
      ? 'next: open the journal, which makes the same cut, or run the command with --apply'
      : `next: restore a backup, or run file-journal repair ${directory} --apply`,
  );
}

export function showRepaired(
  output: Output,
  plan: RepairPlan,
  { outcome, cut, lastSequence }: RecoveryReport,
): void {
  if (plan.cut !== null && cut !== null) {
    // What was cut, not what was planned: a writer may have changed the journal in between.
    const { segment, offset, lengthBytes, reason, quarantineFile } = cut;
    const done = { ...plan.cut, segment, offset, lengthBytes, reason, quarantineFile };
    showCut(output, { ...plan, lastSequence }, done, 'were cut');
  }
  output.line(output.colors.green(`the journal can be opened (${outcome})`));
  output.line(`next: run file-journal verify ${plan.directory}`);
}

function showCut(output: Output, { lastSequence }: RepairPlan, cut: PlannedCut, verb: string): void {
  const { bold, yellow } = output.colors;
  output.line(bold(`${cut.segment} at offset ${cut.offset}: ${formatCount(cut.lengthBytes)} bytes ${verb}`));
  output.line(`  why       ${cut.reason}`);
  output.line(
    cut.isTornWrite
      ? `  kind      ${tornWrite(cut)}, and opening cuts it, too`
      : `  kind      ${yellow('corruption: opening refuses it, and only a repair cuts it')}`,
  );
  output.line(`  kept in   ${cut.quarantineFile ?? 'no file: all of these bytes are zero'}`);
  output.line(`  ends at   ${lastSequence === null ? 'no entry' : `sequence ${lastSequence}`}`);
  if (cut.firstLostSequence !== null) output.line(`  lost      ${lostOf(cut, cut.firstLostSequence)}`);
}

function tornWrite({ mayBeAcknowledged }: PlannedCut): string {
  return mayBeAcknowledged
    ? 'a torn write, or damage in the last entry: without a checkpoint, nothing shows which'
    : 'a torn write: it was never acknowledged';
}

function lostOf(
  { lastAcknowledgedSequence, entriesAfter, isTornWrite, mayBeAcknowledged }: PlannedCut,
  first: bigint,
): string {
  if (isTornWrite && mayBeAcknowledged) return `from sequence ${first}; ${readableOf(entriesAfter)}`;
  if (isTornWrite) return `no acknowledged entry; from sequence ${first} on, ${readableOf(entriesAfter)}`;
  const acknowledged =
    lastAcknowledgedSequence === null
      ? 'the checkpoint does not say that any was acknowledged'
      : `up to ${lastAcknowledgedSequence} they were acknowledged`;
  return `from sequence ${first}; ${acknowledged}; ${readableOf(entriesAfter)}`;
}

function readableOf({ count, firstSequence, lastSequence, isComplete }: EntriesAfterDamage): string {
  if (count === 0) return 'no entry can still be read';
  const atLeast = isComplete ? '' : 'at least ';
  return `${atLeast}${formatCount(count)} entries, ${firstSequence} to ${lastSequence}, can still be read`;
}
