import type { Authenticator } from "countersign-wasm";

/** Sends a request and whatever else its scheme takes; returns the last response. */
export function fetchWith(auth: Authenticator, url: string | URL, init?: RequestInit): Promise<Response>;
