import { applyRepair, planRepair, type RepairPlan } from '../../file-journal/index.js';
import { InvalidArgumentError } from '../../journal/index.js';
import { ByteProgress } from '../byte-progress.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { withInterruption } from '../phase-progress.js';
import { showRepaired, showRepairPlan } from '../repair-text.js';

export interface RepairCommandOptions {
  readonly dryRun?: boolean;
  readonly apply?: boolean;
}

export async function runRepair(
  context: CommandContext,
  directory: string,
  { dryRun = false, apply = false }: RepairCommandOptions,
): Promise<ExitCode> {
  if (dryRun === apply) {
    const message = 'choose --dry-run, which changes nothing, or --apply';
    throw new InvalidArgumentError('options', { dryRun, apply }, '--dry-run or --apply', message);
  }
  return apply ? runApply(context, directory) : runDryRun(context, directory);
}

async function runDryRun(context: CommandContext, directory: string): Promise<ExitCode> {
  const { output, signal } = context;
  return withInterruption(output, signal, 'nothing was changed', async () => {
    const plan = await planVerified(context, directory);
    output.result(plan, () => showRepairPlan(output, plan));
    return exitCodeOfPlan(plan);
  });
}

async function runApply(context: CommandContext, directory: string): Promise<ExitCode> {
  const { output, signal } = context;
  const { plan, recovery } = await applyRepair({ directory });
  if (recovery !== null) {
    output.result({ ...plan, applied: recovery }, () => showRepaired(output, plan, recovery));
    return EXIT.ok;
  }
  return withInterruption(output, signal, 'nothing was changed', async () => {
    // With nothing to cut, damage can only be in what a repair does not touch.
    const verified = plan.action === 'none' ? await planVerified(context, directory) : plan;
    output.result({ ...verified, applied: null }, () => showRepairPlan(output, verified));
    return exitCodeOfPlan(verified);
  });
}

async function planVerified({ output, signal }: CommandContext, directory: string): Promise<RepairPlan> {
  const progress = new ByteProgress(output, 'verifying', signal);
  try {
    return await planRepair({ directory }, progress.update);
  } finally {
    progress.stop();
  }
}

function exitCodeOfPlan({ action, otherFaults }: RepairPlan): ExitCode {
  return action === 'none' && (otherFaults ?? []).length === 0 ? EXIT.ok : EXIT.found;
}
