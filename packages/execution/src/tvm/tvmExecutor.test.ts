import { describeExecutor } from "../testing/describeExecutor.js";
import { tvmFixture } from "../testing/tvmFixture.js";
import { TvmEmulator } from "./emulator.js";

const emulator = await TvmEmulator.create();

describeExecutor("tvm", () => tvmFixture(emulator));
