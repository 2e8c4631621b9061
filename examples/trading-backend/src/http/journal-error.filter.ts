import { Catch, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { JournalError, type AppendOutcome } from 'nestjs-file-journal';

/**
 * The journal did not take a command, or the book cannot be shown: 503, with the error's `code`, and for commands the
 * `outcome`. That is what a client has to know: `not-written` can be sent again, `unknown` must be looked up first.
 */
@Catch(JournalError)
export class JournalErrorFilter implements ExceptionFilter<JournalError> {
  private readonly logger = new Logger(JournalErrorFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: JournalError, host: ArgumentsHost): void {
    const { code, outcome } = error;
    this.logger.error(`${code}: ${error.message}`);
    // A key that belongs to another request is the client's mistake.
    const isReused = code === 'JOURNAL_COMMAND_ID_REUSED';
    const statusCode = isReused ? HttpStatus.UNPROCESSABLE_ENTITY : HttpStatus.SERVICE_UNAVAILABLE;
    const text = isReused ? 'Unprocessable Entity' : 'Service Unavailable';
    const body = { statusCode, error: text, code, outcome, message: messageOf(outcome) };
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), body, statusCode);
  }
}

/** The error's own message tells of files and disks: it is for the log. */
function messageOf(outcome: AppendOutcome | undefined): string {
  switch (outcome) {
    case 'not-written':
      return 'the command was not journaled and will not be; it can be sent again';
    case 'unknown':
      return 'the command may or may not have been journaled; look it up after the restart before sending it again';
    case undefined:
      return 'the book cannot be shown at the moment';
  }
}
