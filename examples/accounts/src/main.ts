/**
 * Accounts: many aggregates in one journal, with command handlers of @nestjs/cqrs, on top of events that an
 * earlier release wrote.
 *
 *     node dist/examples/accounts/src/main.js
 *     curl localhost:3000/accounts -H 'content-type: application/json' \
 *       -d '{"id":"a","owner":"Ada","currency":"EUR"}'
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log(`listening at ${await app.getUrl()}`);
