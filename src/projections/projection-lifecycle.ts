import type { ProjectionState } from './projection.interface.js';
import {
  STATES,
  TRANSITIONS,
  type LifecycleEvent,
  type LifecycleState,
  type LoopOrder,
  type WaitVerdict,
} from './projection-states.js';

const NEXT: ReadonlyMap<LifecycleState, ReadonlyMap<LifecycleEvent, LifecycleState>> = indexTransitions();

/** The next state; null if the table refuses the event. */
export function nextState(state: LifecycleState, event: LifecycleEvent): LifecycleState | null {
  return NEXT.get(state)?.get(event) ?? null;
}

/** Owns the state of one projection. Only the transitions of the table change it. */
export class ProjectionLifecycle {
  private state: LifecycleState = 'idle';
  private shownState: ProjectionState = 'stopped';

  /** @param onChange called after each transition */
  constructor(private readonly onChange: () => void) {}

  /** The state that the application sees. */
  get shown(): ProjectionState {
    return this.shownState;
  }

  get order(): LoopOrder {
    return STATES[this.state].order;
  }

  get waits(): WaitVerdict {
    return STATES[this.state].waits;
  }

  /** Whether the application is stopping or the journal has ended. */
  get isOver(): boolean {
    return this.waits === 'ending' || this.waits === 'stopped';
  }

  /** @returns false if the table refuses the event, which then changes nothing */
  apply(event: LifecycleEvent): boolean {
    const next = nextState(this.state, event);
    if (next === null) return false;
    this.state = next;
    const { shown } = STATES[next];
    if (shown !== 'before') this.shownState = shown;
    this.onChange();
    return true;
  }
}

function indexTransitions(): Map<LifecycleState, Map<LifecycleEvent, LifecycleState>> {
  const index = new Map<LifecycleState, Map<LifecycleEvent, LifecycleState>>();
  for (const [from, event, next] of TRANSITIONS)
    for (const state of from) index.set(state, (index.get(state) ?? new Map()).set(event, next));
  return index;
}
