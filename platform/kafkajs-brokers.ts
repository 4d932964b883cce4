// One fix of kafkajs 2.2.4, in force as soon as this module is imported. A broker counts as connected as soon as its socket is,
// before it has said which versions it speaks. Where that answer is late, or another call comes in between, it is used all the
// same, and throws an error that ends a consumer for good. Here it is connected when it has said so.
import Broker from 'kafkajs/src/broker/index.js';
import BrokerPool from 'kafkajs/src/cluster/brokerPool.js';

const { connect, isConnected } = Broker.prototype;

Broker.prototype.connect = async function untilItHasSaid() {
  await connect.call(this);
  this.hasSaid = true;
};

Broker.prototype.isConnected = function whenItHasSaid() {
  return this.hasSaid === true && isConnected.call(this);
};

const { findConnectedBroker } = BrokerPool.prototype;

/** It gives the first broker that it was told of where another has been connected meanwhile. */
BrokerPool.prototype.findConnectedBroker = async function findOneThatIs() {
  const broker = await findConnectedBroker.call(this);
  if (!broker.isConnected()) await this.connectBroker(broker);
  return broker;
};
