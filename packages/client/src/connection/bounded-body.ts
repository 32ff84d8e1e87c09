/** The body of an answer; throws, and reads no further, when there is more of it than `maxBytes`. */
export async function boundedBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    parts.push(read.value);
    bytes += read.value.byteLength;
    if (bytes <= maxBytes) continue;
    // Whoever sends it may never end.
    reader?.cancel().catch(() => {});
    throw new Error('the server answers with too much');
  }
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return body;
}
