/* oxlint-disable jest/expect-expect -- a specification asserts by itself */
import { describe, it } from '@jest/globals';
import { ConflictException, UnprocessableEntityException } from '@nestjs/common';
import { AggregateSpecification } from 'nestjs-file-journal/testing';
import { Account } from '../src/account.js';
import { ACCOUNT_EVENTS, AccountOpened, MoneyDeposited, MoneyWithdrawn } from '../src/events.js';

const account = AggregateSpecification.for(() => new Account('ada'), { events: ACCOUNT_EVENTS });
const open = account.given([AccountOpened.of('Ada', 'EUR')]);

describe('an account', () => {
  it('is opened once', () => {
    account.when((ada) => ada.open('Ada', 'EUR')).then([AccountOpened.of('Ada', 'EUR')]);
    open.when((ada) => ada.open('Eve', 'EUR')).thenThrows(ConflictException);
  });

  it('gives out what was paid in', () => {
    open
      .given([MoneyDeposited.of(700n)])
      .when((ada) => ada.withdraw(300n))
      .thenState((ada) => ada.view.balanceCents === '400')
      .then([MoneyWithdrawn.of(300n)]);
  });

  it('gives out no more than there is', () => {
    open
      .given([MoneyDeposited.of(700n)])
      .when((ada) => ada.withdraw(701n))
      .thenThrows(UnprocessableEntityException);
  });

  it('sends no money to an account in another currency', () => {
    const bob = new Account('bob');
    bob.open('Bob', 'CHF');
    open
      .given([MoneyDeposited.of(700n)])
      .when((ada) => ada.transferTo(bob, 1n))
      .thenThrows(/currencies differ/);
  });
});
