import { closeCodes, type SocketRequest } from '@hearsay/client-protocol';
import { documentId, err, ok, type Result } from '@hearsay/core';

/** Where documents live when a client names no collection. */
export const defaultCollection = 'default';

/** What a client asked for in the URL of its socket; refused with the close code for it. */
export function socketRequest(
  url: string,
): Result<SocketRequest, { readonly closeCode: number; readonly message: string }> {
  const [path = '', query = ''] = splitOnce(url, '?');
  const name = decodeName(path.slice(1));
  const collection = new URLSearchParams(query).get('collection') ?? defaultCollection;
  // A Hocuspocus socket names its documents in its frames, so none here is no error yet.
  if (name === '') return ok({ collection, document: null, token: null });
  const id = name === undefined ? undefined : documentId(collection, name);
  if (id?.ok !== true) {
    return err({
      closeCode: closeCodes.badName,
      message: id?.error.message ?? 'the path is not valid UTF-8',
    });
  }
  return ok({ collection: id.value.collection, document: id.value, token: null });
}

/** Once: browsers encode what people write, and what is encoded twice was meant so. What is not encoded is itself. */
function decodeName(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
