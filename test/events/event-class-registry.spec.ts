import { describe, expect, it } from '@jest/globals';
import { Validate, ValidatorConstraint } from 'class-validator';
import { EventClassRegistry, JournalEvent, type JournalEventOptions } from '../../src/events/index.js';
import { Counted, Deposited, Priced, TheOpening } from './events.js';
import { named } from '../support/event-classes.js';

const place = (eventName: string) => ({ eventName, aggregateId: 'a', sequence: 7n });

function registryOf(...events: (new () => object)[]): EventClassRegistry {
  const registry = new EventClassRegistry();
  registry.register(events);
  return registry;
}

/** Makes a decorated class. */
function eventClass(className: string, name: string, options: JournalEventOptions = {}): new () => object {
  const type = { [className]: class {} }[className] as new () => object;
  JournalEvent(name, options)(type);
  return type;
}

describe('The registry of event classes', () => {
  it('identifies a class by the name of its decorator, not of the class', () => {
    const registry = registryOf(TheOpening);
    expect(registry.definitionOf(TheOpening.of('Ada', 'CHF'))).toMatchObject({
      name: 'AccountOpened',
      version: 3,
    });
    expect(registry.has('TheOpening')).toBe(false);
    expect(['AccountOpened', 'Opened', 'AccountCreated'].map((name) => registry.has(name))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('upcasts from every version, under every name', () => {
    const registry = registryOf(TheOpening);
    const expected = { name: 'AccountOpened', version: 3, data: TheOpening.of('Ada', 'EUR') };
    expect(registry.read(1, { owner: 'Ada' }, place('Opened'))).toEqual(expected);
    expect(registry.read(2, { owner: { name: 'Ada' } }, place('AccountCreated'))).toEqual(expected);
    expect(registry.read(3, { owner: { name: 'Ada' }, currency: 'EUR' }, place('AccountOpened'))).toEqual(
      expected,
    );
    expect(registry.read(1, { owner: 'Ada' }, place('Opened'))?.data).toBeInstanceOf(TheOpening);
    expect(registry.read(1, {}, place('Unheard'))).toBeNull();
  });

  it('refuses a version newer than the class', () => {
    expect(() => registryOf(TheOpening).read(4, {}, place('AccountOpened'))).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_EVENT_VERSION',
        eventName: 'AccountOpened',
        aggregateId: 'a',
        sequence: 7n,
        storedVersion: 4,
        supportedVersion: 3,
        message: expect.stringContaining('run the release that wrote it'),
      }),
    );
  });

  it.each([
    ['throws', () => (null as unknown as { x: object }).x],
    ['returns nothing', () => undefined as unknown as object],
    ['is asynchronous', () => Promise.resolve({})],
  ])('names the upcaster and the event if it %s', (_what, upcaster) => {
    const registry = registryOf(
      eventClass('A', 'A', { version: 3, upcasters: { 1: () => ({}), 2: upcaster } }),
    );
    expect(() => registry.read(1, {}, place('A'))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_EVENT_UPCAST', fromVersion: 2, eventName: 'A' }),
    );
  });

  it('passes the stored name and the aggregate to an upcaster', () => {
    const seen: unknown[] = [];
    const type = eventClass('A', 'A', {
      version: 2,
      aliases: ['B'],
      upcasters: { 1: (_data, context) => (seen.push(context), {}) },
    });
    registryOf(type).read(1, {}, place('B'));
    expect(seen).toEqual([{ eventName: 'B', aggregateId: 'a' }]);
  });

  it.each([
    [{ version: 3, upcasters: { 1: () => ({}) } }, /event A .*version 2 to 3 is missing/],
    [{ version: 3, upcasters: { 2: () => ({}) } }, /version 1 to 2 is missing/],
    [{ version: 2 }, /version 1 to 2 is missing/],
    [{ version: 2, upcasters: { 1: () => ({}), 2: () => ({}) } }, /the event has version 2/],
    [{ upcasters: { 0: () => ({}) } }, /the event has version 1/],
    [{ validation: {} as never }, /a Standard Schema, or 'class-validator'/],
    [{ aliases: ['DomainEvents'] }, /DomainEvents/],
    [{ aliases: [''] }, /non-empty/],
  ] as const)('refuses %j', (options, message) => {
    const type = eventClass('A', 'A', options as JournalEventOptions);
    expect(() => registryOf(type)).toThrow(message);
    expect(() => registryOf(type)).toThrow(expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION' }));
  });

  it.each([
    ['name', {}, {}, 'Same', 'Same'],
    ['alias', {}, { aliases: ['First'] }, 'First', 'Second'],
    ['alias', { aliases: ['Old'] }, { aliases: ['Old'] }, 'First', 'Second'],
  ])(
    'refuses a %s that two classes claim, and names both',
    (_what, first, second, nameOfFirst, nameOfSecond) => {
      const classes = [
        eventClass('Early', nameOfFirst, first),
        eventClass('Late', nameOfSecond, second),
      ] as const;
      expect(() => registryOf(...classes)).toThrow(/Early and Late both have it/);
    },
  );

  it('refuses undecorated classes in a list, other names for decorated ones, and bad decorators', () => {
    class Bare {}
    expect(() => registryOf(Bare)).toThrow(/@JournalEvent\(\)/);
    expect(() => new EventClassRegistry().register(named({ Deposit: Deposited }))).toThrow(
      /Deposited, the name that @JournalEvent\(\) gives/,
    );
    expect(() => new EventClassRegistry().register(named({ Bare: 1 as never }))).toThrow('events[0].event');
    expect(() => new EventClassRegistry().register({ Bare } as never)).toThrow('a list of classes');
    expect(() => new EventClassRegistry().register([1 as never])).toThrow('events[0]');
    expect(() => JournalEvent('')).toThrow('non-empty');
    expect(() => JournalEvent('A', { version: 0 })).toThrow('version of event A');
    expect(() => JournalEvent('A', { version: 1.5 })).toThrow('version of event A');
  });

  it('accepts undecorated classes by name, as version 1, and the same class twice', () => {
    class Bare {}
    const registry = new EventClassRegistry();
    registry.register(named({ Renamed: Bare, Deposited }));
    registry.register([Deposited]);
    registry.register(named({ Renamed: Bare }));
    expect(registry.definitionOf(new Bare())).toMatchObject({ name: 'Renamed', version: 1 });
    expect(() => registry.register(named({ Other: Bare }))).toThrow(/stored as Renamed already/);
    expect(() => registry.definitionOf(Priced.of(1))).toThrow('forFeature({ events: [Priced] })');
  });

  it('does not treat a subclass as its parent', () => {
    class Special extends Deposited {}
    expect(() => registryOf(Special)).toThrow(/@JournalEvent\(\)/);
  });

  it('validates with a schema and uses its result', async () => {
    const registry = registryOf(Priced);
    expect(registry.read(1, { cents: 5 }, place('Priced'))?.data).toEqual(
      Object.assign(Priced.of(5), { checked: true }),
    );
    expect(() => registry.read(1, { cents: -5 }, place('Priced'))).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_EVENT_VALIDATION',
        issues: ['price.cents: must be positive'],
        sequence: 7n,
      }),
    );
    await registry.prepare({ validate: false });
    expect(registry.read(1, { cents: -5 }, place('Priced'))?.data).toEqual(Priced.of(-5));
  });

  it('validates with class-validator', async () => {
    const registry = registryOf(Counted);
    await registry.prepare({ validate: true });
    expect(registry.read(1, { count: 1 }, place('Counted'))?.data).toEqual(Counted.of(1));
    expect(() => registry.read(1, { count: 0.5 }, place('Counted'))).toThrow(
      expect.objectContaining({
        code: 'JOURNAL_EVENT_VALIDATION',
        issues: [
          expect.stringContaining('count: count must not be less than 1'),
          expect.stringContaining('count: count must be an integer'),
        ],
      }),
    );
  });

  it('refuses asynchronous constraints of class-validator at boot', async () => {
    @ValidatorConstraint({ async: true })
    class Looked {
      validate = async (): Promise<boolean> => true;
    }
    @JournalEvent('Late', { validation: 'class-validator' })
    class Late {
      @Validate(Looked)
      field!: number;
    }
    await expect(registryOf(Late).prepare({ validate: true })).rejects.toThrow(/Late.field .*synchronous/);
  });

  it('refuses an asynchronous schema on first use', () => {
    const type = eventClass('A', 'A', {
      validation: { '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value }) } },
    });
    expect(() => registryOf(type).read(1, {}, place('A'))).toThrow(/asynchronous/);
  });
});

describe('The types of upcasters', () => {
  it('are checked along the chain', () => {
    JournalEvent('Fits', {
      version: 3,
      upcasters: {
        1: (data: { a: number }) => ({ b: data.a }),
        2: (data: { b: number }) => ({ c: data.b }),
      },
    });
    JournalEvent('Misfit', {
      version: 3,
      upcasters: {
        // @ts-expect-error version 2 must have `b`, but has only `wrong`
        1: (data: { a: number }) => ({ wrong: data.a }),
        2: (data: { b: number }) => ({ c: data.b }),
      },
    });
    expect.assertions(0);
  });
});
