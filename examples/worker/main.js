import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

/** Somebody puts orders into a document; the program the node runs in takes them up and writes what has become of them. */
export async function run(node) {
  const orders = await node.openDocument('default', 'orders');
  orders.onChange(({ source }) => {
    if (source === 'client') void fulfil(orders);
  });

  const customer = new Y.Doc();
  // Node 20 has no WebSocket of its own.
  const provider = new WebsocketProvider(node.clientUrl, 'orders', customer, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
  });
  await new Promise((resolve) => provider.once('sync', resolve));
  const list = customer.getArray('orders');
  const served = new Promise((resolve) => {
    list.observeDeep(() => {
      const orders = [...list].map((order) => `${order.get('what')}: ${order.get('state')}`);
      console.log(orders.join(', '));
      if (orders.every((order) => order.endsWith('shipped'))) resolve();
    });
  });
  for (const what of ['tea', 'cake']) list.push([new Y.Map(Object.entries({ what, state: 'ordered' }))]);
  await served;
  provider.destroy();
  customer.destroy();
  await node.stop();
}

/** Every edit is on disk when `transact` resolves. */
async function fulfil(orders) {
  await orders.transact((doc) => {
    for (const order of doc.getArray('orders')) {
      if (order.get('state') === 'ordered') order.set('state', 'shipped');
    }
  });
}
