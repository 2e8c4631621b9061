import { Inject, type Type } from '@nestjs/common';
import {
  getAggregateRepositoryToken,
  getJournalToken,
  getProjectionsServiceToken,
  getReplayServiceToken,
  getSequencerToken,
  getSnapshotManagerToken,
  getWriteAheadPublisherToken,
} from './file-journal.constants.js';

type InjectDecorator = PropertyDecorator & ParameterDecorator;

/**
 * Injects an open journal. All aggregates of the journal are rehydrated before the injection.
 * @param name @default the default journal
 * @publicApi
 */
export const InjectJournal = (name?: string): InjectDecorator => Inject(getJournalToken(name));

/**
 * Injects the Sequencer of a journal. The aggregate's class is the type argument.
 * @param name @default the default journal
 *
 * @example
 * constructor(\@InjectSequencer() private readonly sequencer: Sequencer<Account>) {}
 * @publicApi
 */
export const InjectSequencer = (name?: string): InjectDecorator => Inject(getSequencerToken(name));

/** Injects the ReplayService of a journal. @publicApi */
export const InjectReplayService = (name?: string): InjectDecorator => Inject(getReplayServiceToken(name));

/** Injects the SnapshotManager of a journal. @publicApi */
export const InjectSnapshotManager = (name?: string): InjectDecorator =>
  Inject(getSnapshotManagerToken(name));

/** Injects the ProjectionsService of a journal. @publicApi */
export const InjectProjectionsService = (name?: string): InjectDecorator =>
  Inject(getProjectionsServiceToken(name));

/** Injects the WriteAheadPublisher of a journal. @publicApi */
export const InjectWriteAheadPublisher = (name?: string): InjectDecorator =>
  Inject(getWriteAheadPublisherToken(name));

/** Injects the repository of an aggregate root that was registered with `forFeature`. @publicApi */
export const InjectAggregateRepository = (type: Type, name?: string): InjectDecorator =>
  Inject(getAggregateRepositoryToken(type, name));
