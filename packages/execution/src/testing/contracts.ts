export { describeExecutor, type ExecutorFixture } from "./describeExecutor.js";
export { describeThreadExecution, type ThreadExecutionFixture } from "./describeThreadExecution.js";
