/** The JSON form of a config: `{ type: "basic", username: "…", password: "…" }`. */
export type AuthConfig = { type: string; [field: string]: unknown };

export interface HttpRequest {
  /** `GET` unless given. */
  method?: string;
  /** An absolute URL, as `new URL(…).href` writes it. */
  url: string;
  /** Pairs, in order (a name may repeat), or an object. */
  headers?: [string, string][] | Record<string, string>;
  body?: string | Uint8Array;
}

export interface SignedRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array;
}

/** One moment's clock and randomness; what is left out is the system's. */
export interface SigningContext {
  /** Seconds since 1970. */
  unixTime?: number;
  /** The client nonce, as its literal text. */
  nonce?: string;
  /** Random bytes in place of `crypto.getRandomValues`, used in order; an error when they are used up. */
  random?: Uint8Array;
  /** Keeps the texts that are hashed and signed. */
  explain?: boolean;
}

export interface Explained {
  request: SignedRequest;
  canonicalRequest?: string;
  stringToSign?: string;
}

export interface Challenge {
  scheme: string;
  token68?: string;
  params: [string, string][];
}

export interface HttpReply {
  status: number;
  headers?: [string, string][] | Record<string, string>;
  /** Needed when the exchange `readsBody`. */
  body?: string | Uint8Array;
}

/** Send the request and come back with its reply; wait for another exchange and resume; or the last reply is yours. */
export type Step = { send: SignedRequest } | { wait: Promise<void> } | { done: true };

export function sign(config: AuthConfig, request: HttpRequest, context?: SigningContext): SignedRequest;
export function explain(config: AuthConfig, request: HttpRequest, context?: SigningContext): Explained;
/** Starts one request's conversation with the server. */
export function start(config: AuthConfig, request: HttpRequest, context?: SigningContext): Exchange;
export function readChallenges(value: string): Challenge[];

/** A config made ready: create one and share it, so that nonces, tokens and clock offsets are remembered. */
export class Authenticator {
  constructor(config: AuthConfig);
  sign(request: HttpRequest, context?: SigningContext): SignedRequest;
  explain(request: HttpRequest, context?: SigningContext): Explained;
  /** Starts one request's conversation with the server. */
  start(request: HttpRequest, context?: SigningContext): Exchange;
  free(): void;
}

export class Exchange {
  /** What to do first, then after each reply. */
  readonly step: Step;
  onResponse(reply: HttpReply, context?: SigningContext): Step;
  resume(context?: SigningContext): Step;
  /** The next step without the leg that could not be sent, or nothing: the failure is the caller's. */
  onSendFailed(context?: SigningContext): Step | undefined;
  /** Of the last message, when the context was explaining. */
  readonly canonicalRequest?: string;
  readonly stringToSign?: string;
  /** Whether the next reply's body must be given. */
  readonly readsBody: boolean;
  /** Whether all requests must use one connection of one user (NTLM): `fetch` cannot do that. */
  readonly connectionBound: boolean;
  free(): void;
}
