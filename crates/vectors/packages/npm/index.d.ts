export type Pairs = [string, string][];

/** The server's reply. */
export interface Reply { status: number; headers?: Pairs }

/** What must hold of the last request that goes out; each key that is given. `error` stands alone: signing must fail so. */
export interface Expect {
  uri?: string;
  headers?: Pairs;
  absent_headers?: string[];
  auth_params?: { scheme: string; params?: Record<string, string>; absent?: string[] };
  query?: Pairs;
  form?: Pairs;
  body?: string;
  body_base64?: string;
  canonical_request?: string;
  string_to_sign?: string;
  error?: string;
}

export interface Vector {
  name: string;
  comment?: string;
  config: { type: string; [field: string]: unknown };
  context?: { unix_time?: number; nonce?: string; session_key?: string };
  request: { method: string; uri: string; headers?: Pairs; body?: string; body_base64?: string };
  responses?: Reply[];
  expect: Expect;
}

export interface File { format: 1; scheme: string; kind: "published" | "peer" | "policy"; source: string; vectors: Vector[] }

/** The names of all files, sorted: "hawk-reference", … */
export const names: string[];
/** One file, read. */
export function read(name: string): File;
