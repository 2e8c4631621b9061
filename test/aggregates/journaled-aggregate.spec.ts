import { describe, expect, it } from '@jest/globals';
import { AggregateRoot } from '@nestjs/cqrs';
import { JournaledAggregateRoot, On } from '../../src/aggregates/index.js';
import { JournalEvent } from '../../src/events/index.js';

class Plain {}
class Mapped {}
@JournalEvent('Named')
class CalledOtherwise {}

class Parent extends JournaledAggregateRoot {
  readonly seen: string[] = [];
  onPlain(): void {
    this.seen.push('onPlain');
  }
  onNamed(): void {
    this.seen.push('onNamed');
  }
  onMapped(): void {
    this.seen.push('onMapped');
  }
  @On(Mapped)
  protected mapped(_event: Mapped): void {
    this.seen.push('@On(Mapped)');
  }
}

describe('A journaled aggregate', () => {
  it('calls the method marked for the event’s class, or else the one named after the stored name or the class', () => {
    const aggregate = new Parent('a');
    for (const event of [new Mapped(), new CalledOtherwise(), new Plain()]) aggregate.apply(event);
    expect(aggregate.seen).toEqual(['@On(Mapped)', 'onNamed', 'onPlain']);
    expect(aggregate.getUncommittedEvents()).toHaveLength(3);
  });

  it('finds the handler of a decorated class by its class name, and ignores events without a handler', () => {
    class Other extends JournaledAggregateRoot {
      readonly seen: string[] = [];
      onCalledOtherwise(): void {
        this.seen.push('onCalledOtherwise');
      }
    }
    const aggregate = new Other('a');
    aggregate.apply(new CalledOtherwise());
    aggregate.apply(new Plain());
    expect(aggregate.seen).toEqual(['onCalledOtherwise']);
  });

  it('inherits marked methods, and can mark further ones', () => {
    class Child extends Parent {
      @On(Plain)
      protected plain(_event: Plain): void {
        this.seen.push('@On(Plain)');
      }
      protected override mapped(): void {
        this.seen.push('overridden');
      }
    }
    const aggregate = new Child('a');
    aggregate.apply(new Plain());
    aggregate.apply(new Mapped());
    expect(aggregate.seen).toEqual(['@On(Plain)', 'overridden']);
    const parent = new Parent('b');
    parent.apply(new Plain());
    expect(parent.seen).toEqual(['onPlain']);
  });

  it('refuses two methods for one event, and values that are not classes', () => {
    expect(() => {
      class Twice extends JournaledAggregateRoot {
        @On(Plain)
        first(_event: Plain): void {}
        @On(Plain)
        second(_event: Plain): void {}
      }
      return Twice;
    }).toThrow(/@On\(Plain\) .*first has it already/);
    expect(() => On(undefined as never)({}, 'method', {})).toThrow('a class');
  });

  it('is an AggregateRoot that refuses to publish unstored events', () => {
    const aggregate = new Parent('a');
    expect(aggregate).toBeInstanceOf(AggregateRoot);
    expect(aggregate.id).toBe('a');
    expect(aggregate.version).toBe(0);
    aggregate.apply(new Plain());
    expect(() => aggregate.commit()).toThrow(/repository\.save/);
    expect(aggregate.getUncommittedEvents()).toHaveLength(1);
  });
});
