import type { Type } from '@nestjs/common';
import { isThenable } from '../common/index.js';
import { InvalidOptionError, type JournalEntry } from '../journal/index.js';
import { HandlerCalls } from './handler-calls.js';
import { eventsIn, isOneOf, type JournaledData } from './journaled-events.js';
import { ProcessManager, type CommandSender } from './process-manager.js';
import { eventsOf, isReplaySafe, type JournaledEvent } from './projection.decorator.js';
import type {
  JournaledContext,
  ProcessManagerHandler,
  ProjectionContext,
  ProjectionHandler,
  ProjectionKind,
  ResetContext,
} from './projection.interface.js';

interface EventMethod {
  readonly method: string | symbol;
  readonly events: readonly JournaledEvent[];
  readonly seesHistory: boolean;
}

type Instance = ProjectionHandler &
  ProcessManagerHandler &
  Record<string | symbol, (data: unknown, context: JournaledContext) => unknown>;

/** Calls the handlers of a projection's class, and decides which of them get history. */
export class ProjectionHandlers {
  /** Runs the code of the class. */
  readonly calls: HandlerCalls;
  private readonly instance: Instance;
  /** Null for a projection: what its handlers return is ignored. */
  private readonly processManager: ProcessManager | null;
  private readonly methods: readonly EventMethod[];
  private readonly methodsForHistory: readonly EventMethod[];
  private readonly handleSeesHistory: boolean;

  /**
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) if the class has no handlers, or handlers that
   * exclude each other
   */
  constructor(
    readonly name: string,
    readonly kind: ProjectionKind,
    instance: object,
    commandBus: CommandSender | null,
  ) {
    this.calls = new HandlerCalls(name);
    this.instance = instance as Instance;
    this.processManager =
      kind === 'projection' ? null : new ProcessManager(name, this.instance, this.calls, commandBus);
    const type = instance.constructor as Type;
    const seesHistory = (method: string | symbol): boolean =>
      kind === 'projection' || isReplaySafe(type, method);
    this.methods = [...eventsOf(type.prototype as object)].map(([method, events]) => ({
      method,
      events,
      seesHistory: seesHistory(method),
    }));
    this.methodsForHistory = this.methods.filter((method) => method.seesHistory);
    this.handleSeesHistory = seesHistory('handle');
    this.assertUsable(name, instance);
  }

  /** Whether any handler gets history. */
  get needsHistory(): boolean {
    return (
      this.takesBatches || (this.has('handle') && this.handleSeesHistory) || this.methodsForHistory.length > 0
    );
  }

  get takesBatches(): boolean {
    return this.has('handleBatch');
  }

  get canReset(): boolean {
    return this.has('reset');
  }

  async reset(context: ResetContext): Promise<void> {
    await this.calls.run(() => this.instance.reset?.(context));
  }

  async handleBatch(entries: readonly JournalEntry[], context: ProjectionContext): Promise<void> {
    await this.calls.run(() => this.instance.handleBatch?.(entries, context));
  }

  /** @returns the number of sent commands */
  async handle(entry: JournalEntry, context: ProjectionContext): Promise<number> {
    let sent = 0;
    if (this.has('handle') && (!context.isReplaying || this.handleSeesHistory)) {
      const returned = this.calls.run(() => this.instance.handle?.(entry, context));
      sent += await this.send(isThenable(returned) ? await returned : returned, context);
    }
    const methods = context.isReplaying ? this.methodsForHistory : this.methods;
    return methods.length === 0 ? sent : sent + (await this.handleEvents(methods, entry, context));
  }

  private async handleEvents(
    methods: readonly EventMethod[],
    entry: JournalEntry,
    context: ProjectionContext,
  ): Promise<number> {
    let sent = 0;
    let index = 0;
    for (const event of eventsIn(entry)) {
      for (const { method, events } of methods) {
        if (!isOneOf(event, events)) continue;
        const eventContext = contextOfEvent(context, entry, event, index);
        const returned = this.calls.run(() => this.instance[method]?.(event.data, eventContext));
        sent += await this.send(isThenable(returned) ? await returned : returned, eventContext);
      }
      index += 1;
    }
    return sent;
  }

  private send(returned: unknown, context: ProjectionContext): number | Promise<number> {
    return this.processManager === null ? 0 : this.processManager.send(returned, context);
  }

  private has(method: 'handle' | 'handleBatch' | 'reset'): boolean {
    return typeof this.instance[method] === 'function';
  }

  private assertUsable(name: string, instance: object): void {
    const single = this.has('handle') || this.methods.length > 0;
    if (!single && !this.takesBatches)
      throw new InvalidOptionError(
        `projection ${name}`,
        instance.constructor,
        'a class with handle(), handleBatch() or methods with @OnJournaled()',
      );
    if (this.takesBatches && (single || this.kind === 'process-manager'))
      throw new InvalidOptionError(
        `projection ${name}`,
        instance.constructor,
        'a projection whose only handler is handleBatch()',
      );
  }
}

function contextOfEvent(
  { projection, isReplaying, transaction, idempotencyKey, signal }: ProjectionContext,
  entry: JournalEntry,
  { name, aggregateId, aggregateType }: JournaledData,
  index: number,
): JournaledContext {
  return {
    projection,
    isReplaying,
    transaction,
    idempotencyKey: `${idempotencyKey}/${index}`,
    signal,
    entry,
    eventName: name,
    aggregateId,
    aggregateType,
  };
}
