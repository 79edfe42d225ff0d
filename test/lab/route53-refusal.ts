/** An answer other than success, as AWS gives it: code, text and HTTP status. */
export class Route53Refusal extends Error {
  override readonly name = 'Route53Refusal';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
