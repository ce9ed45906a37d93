// What src/app/console.ts serves as /console/socket.io.js.
export { io } from 'socket.io-client';
