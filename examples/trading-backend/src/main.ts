import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { configFromEnvironment } from './config/backend-config.js';

const logger = new Logger('Backend');

try {
  const config = configFromEnvironment(process.env);
  // Resolves when the journal is open and the book is rehydrated; rejects if either fails.
  const app = await NestFactory.create(AppModule.register({ config }), {
    abortOnError: false,
    logger: [config.logLevel],
  });
  // SIGTERM: HTTP closes, commands in progress are journaled and answered, then the journal closes.
  app.enableShutdownHooks();
  await app.listen(config.port, config.host);
  logger.log(`${config.symbol} trades at ${await app.getUrl()}, journal in ${config.journalDirectory}`);
} catch (error) {
  logger.fatal(
    error instanceof Error ? error.message : String(error),
    error instanceof Error ? error.stack : undefined,
  );
  process.exitCode = 1;
}
