import { InvalidOptionError } from '../journal/index.js';
import type { HandlerCalls } from './handler-calls.js';
import type { ProcessManagerHandler, ProjectionContext } from './projection.interface.js';

/** Sends a command of a process manager. */
export type CommandSender = (command: unknown, context: { readonly idempotencyKey: string }) => unknown;

/** Sends the commands that the handlers of a process manager return. */
export class ProcessManager {
  constructor(
    private readonly name: string,
    private readonly instance: ProcessManagerHandler,
    private readonly calls: HandlerCalls,
    private readonly commandBus: CommandSender | null,
  ) {}

  /**
   * Sends what a handler returned: nothing, a command, or a list of commands. Returns a number, not a
   * promise, if there is nothing to send: awaiting one per entry takes longer than a small handler.
   * @returns the number of sent commands
   */
  send(returned: unknown, context: ProjectionContext): number | Promise<number> {
    // Commands for history were sent when the entries were new.
    if (context.isReplaying || returned === undefined || returned === null) return 0;
    return this.sendAll(Array.isArray(returned) ? returned : [returned], context);
  }

  private async sendAll(
    commands: readonly unknown[],
    { idempotencyKey }: ProjectionContext,
  ): Promise<number> {
    const { commandBus } = this;
    for (const [index, command] of commands.entries()) {
      const context = { idempotencyKey: `${idempotencyKey}/${index}` };
      if (typeof this.instance.send === 'function')
        await this.calls.run(() => this.instance.send?.(command, context));
      else if (commandBus !== null) await this.calls.run(() => commandBus(command, context));
      else
        throw new InvalidOptionError(
          `commands of process manager ${this.name}`,
          command,
          'sent',
          `process manager ${this.name} has no CommandBus to send a command with: import CqrsModule.forRoot(), or implement send()`,
        );
    }
    return commands.length;
  }
}
