/** What can go wrong for a caller: the closed list, with what HTTP and people are told. */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request is not valid', retryable: false },
  unauthorized: { status: 401, title: 'Valid credentials are needed', retryable: false },
  forbidden: { status: 403, title: 'This is not allowed', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  correlation_in_use: { status: 409, title: 'An open task has this correlation id', retryable: false },
  task_terminal: { status: 409, title: 'The task is over', retryable: false },
  task_not_retryable: { status: 409, title: 'The task cannot be retried', retryable: false },
  dead_letter_not_open: {
    status: 409,
    title: 'The dead letter is closed, or is about to be sent',
    retryable: false,
  },
  task_not_redrivable: {
    status: 409,
    title: 'The task no longer waits for its dead letter',
    retryable: false,
  },
  dead_letter_truncated: { status: 409, title: 'Only a part of the record is known', retryable: false },
  dead_letter_without_topic: {
    status: 409,
    title: 'There is no topic to send the record to',
    retryable: false,
  },
  redrive_not_running: { status: 409, title: 'The redrive is over', retryable: false },
  payload_too_large: { status: 413, title: 'Too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'Only JSON is understood', retryable: false },
  idempotency_key_reused: {
    status: 422,
    title: 'The idempotency key came with another body',
    retryable: false,
  },
  payload_invalid: { status: 422, title: 'The payload does not fit its task type', retryable: false },
  result_invalid: { status: 422, title: 'The result cannot be read', retryable: false },
  unknown_task_type: { status: 422, title: 'There is no such task type', retryable: false },
  too_many_requests: { status: 429, title: 'Too many requests', retryable: true },
  too_many_open_tasks: { status: 429, title: 'Too many open tasks', retryable: true },
  too_many_followers: {
    status: 429,
    title: 'Too many sockets, streams and waiting requests',
    retryable: true,
  },
  internal_error: { status: 500, title: 'Something went wrong on our side', retryable: false },
  unavailable: { status: 503, title: 'Not available at the moment', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** What is wrong with one place in what was sent. */
export interface ErrorDetail {
  /** Dotted, from the top of the body, query or payload: `tasks.0.payload.fileUrl`. */
  path: string;
  message: string;
}

/** An error that a caller may see. Its message is for the caller: it holds no secret and nothing internal. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { details?: readonly ErrorDetail[] } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = options.details ?? [];
  }

  /** The HTTP status. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
