/** The rules of the protocol that the model can leave out, to show that each of them is needed. */
export interface Rules {
  /** A data message names position and nonce of its fence. Without: the position alone. */
  readonly epochHasNonce: boolean;
  /** A data message counts only if it begins where the last counted one ended. */
  readonly countsAtEnd: boolean;
  /** Data is published with the position that it must follow. */
  readonly expectsPosition: boolean;
  /** An answer with another position than the predicted one is doubt. */
  readonly checksPosition: boolean;
  /** A message is confirmed only after all messages before it. */
  readonly confirmsInOrder: boolean;
  /** No data is published before the position of the fence is confirmed. */
  readonly waitsForFence: boolean;
  /** Doubt is resolved under a new epoch. Without: by reading up to the present end. */
  readonly doubtNeedsFence: boolean;
  /** `not-written` is reported after the whole stream up to the foreign fence was read. */
  readonly readsBeforeNotWritten: boolean;
  /** What did not count before a foreign fence is not published again. */
  readonly respectsForeignFence: boolean;
  /** A pending group is found again by its bytes. Without: by its sequences. */
  readonly matchesBytes: boolean;
  /** After a new fence, the last message that was read must still be there, and the fence above it. */
  readonly verifiesPosition: boolean;
  /** Everything that was read since the last look is verified. Without: the last message alone. */
  readonly verifiesTrail: boolean;
  /** The leader reads its own stream, and a confirmed message that does not count is doubt. */
  readonly followsOwnStream: boolean;
  /** What the own disk has beyond the counted end is published before anything else. */
  readonly heals: boolean;
  /** A candidate whose entries end before the highest registered sequence refuses. */
  readonly comparesRegistrations: boolean;
  /** A restarted node continues after a message that counted. Without: after any with its last sequence. */
  readonly resumesFromCounted: boolean;
  /** A linearizable query publishes a barrier of its own. Without: it joins one that is under way. */
  readonly barrierPerQuery: boolean;
  /** A late fence of the own node is foreign, unless it is the current one. */
  readonly ownOldFenceIsDoubt: boolean;
  /** A pending group is published again only if it begins at the local end. */
  readonly republishesAtEnd: boolean;
}

export const ALL_RULES: Rules = {
  epochHasNonce: true,
  countsAtEnd: true,
  expectsPosition: true,
  checksPosition: true,
  confirmsInOrder: true,
  waitsForFence: true,
  doubtNeedsFence: true,
  readsBeforeNotWritten: true,
  respectsForeignFence: true,
  matchesBytes: true,
  verifiesPosition: true,
  verifiesTrail: true,
  followsOwnStream: true,
  heals: true,
  comparesRegistrations: true,
  resumesFromCounted: true,
  barrierPerQuery: true,
  ownOldFenceIsDoubt: true,
  republishesAtEnd: true,
};
