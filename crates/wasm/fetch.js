// The loop that serves every scheme, around `fetch`. A CommonJS module, which Node and bundlers load alike.

/** Sends a request and whatever else its scheme takes; returns the last response. */
exports.fetchWith = async function fetchWith(auth, url, init = {}) {
  const { body, method = "GET", headers = {}, ...rest } = init;
  const given = { method, url: new URL(url).href, headers: [...new Headers(headers)], body };
  const exchange = auth.start(given);
  try {
    if (exchange.connectionBound) {
      throw new Error("this scheme authenticates a connection, and `fetch` cannot keep to one");
    }
    let step = exchange.step;
    let last;
    while (!step.done) {
      if (step.wait) {
        await step.wait;
        step = exchange.resume();
        continue;
      }
      const { send } = step;
      const hasBody = send.body.length > 0;
      // Signed requests are not redirected behind the scheme's back.
      const options = { ...rest, redirect: "manual", method: send.method, headers: send.headers };
      let reply;
      try {
        reply = await fetch(send.url, hasBody ? { ...options, body: send.body } : options);
      } catch (why) {
        step = exchange.onSendFailed();
        if (!step) throw why;
        continue;
      }
      const read = exchange.readsBody ? new Uint8Array(await reply.arrayBuffer()) : undefined;
      last = read ? new Response(read, { status: reply.status, headers: reply.headers }) : reply;
      step = exchange.onResponse({ status: reply.status, headers: [...reply.headers], body: read });
    }
    return last;
  } finally {
    exchange.free();
  }
};
