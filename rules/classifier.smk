"""Learn from labels which candidates are synapses, their direction and sign.

REQUIRED INPUTS: the candidates of synapses and what lies near them; contacts and sizes of
cells; for training synapses/labels.parquet; for predicting the file of a classifier.
OUTPUTS: synapses/evidence.parquet (features), synapses/predictions.parquet (with a
classifier); classifier/: classifier.skops and its card, scores on held-out candidates;
figures/classifier.png, .svg and .parquet.
"""

# What knows the direction of synapses: the classifier, or the rule.
DIRECTION = f"{RESULTS}/synapses/{'predictions' if MODEL else 'direction'}.parquet"
# Settings of one kind of learner do not concern the other.
LEARNING = ("seed", "folds", "learner", "features", CLASSIFIER["learner"])
REFERENCE = CLASSIFIER["reference"]
SCORING = ("min_p_sign", "reference", "curve")
SCORING += tuple({REFERENCE["learner"]} - set(REFERENCE))


rule measure_evidence:
    """Measure all features of candidates that classifiers know."""
    input:
        candidates=rules.merge_synapses.output.candidates,
        points=rules.merge_synapses.output.points,
        features=rules.measure_synapses.output.features,
        direction=rules.predict_direction.output.direction,
        pairs=f"{RESULTS}/contacts/pairs.parquet",
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        membership=f"{RESULTS}/cells/membership.parquet",
        joined=CLASSIFIER["joined"],
    output:
        evidence=f"{RESULTS}/synapses/evidence.parquet",
    log:
        f"{RESULTS}/logs/measure_evidence.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_evidence.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_evidence"),
        runtime=minutes("measure_evidence"),
    params:
        settings=(VOXEL_SIZE_NM, INNER_ORGANELLES, SYNAPSES["radii_nm"]),
        code=code_digest("measure_evidence"),
    script:
        "../scripts/measure_evidence.py"


rule train_classifier:
    """Learn from labelled candidates, and describe what was learnt."""
    input:
        evidence=learning_runs("evidence"),
        labels=learning_runs("labels"),
    output:
        classifier=f"{RESULTS}/classifier/classifier.skops",
        card=f"{RESULTS}/classifier/card.json",
    log:
        f"{RESULTS}/logs/train_classifier.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_classifier.tsv"
    conda:
        "../envs/classifier.yaml"
    resources:
        mem_mb=memory("train_classifier"),
        runtime=minutes("train_classifier"),
    params:
        settings={k: CLASSIFIER[k] for k in LEARNING},
        code=code_digest("train_classifier"),
    script:
        "../scripts/train_classifier.py"


rule evaluate_classifier:
    """Score classifiers on candidates that they have not seen."""
    input:
        evidence=rules.train_classifier.input.evidence,
        labels=rules.train_classifier.input.labels,
    output:
        held_out=f"{RESULTS}/classifier/held_out.parquet",
        curve=f"{RESULTS}/classifier/label_counts.parquet",
        importance=f"{RESULTS}/classifier/importance.parquet",
        scores=f"{RESULTS}/classifier/scores.json",
    log:
        f"{RESULTS}/logs/evaluate_classifier.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_classifier.tsv"
    conda:
        "../envs/classifier.yaml"
    resources:
        mem_mb=memory("evaluate_classifier"),
        runtime=minutes("evaluate_classifier"),
    params:
        settings={k: CLASSIFIER[k] for k in (*LEARNING, *SCORING)},
        code=code_digest("evaluate_classifier"),
    script:
        "../scripts/evaluate_classifier.py"


rule predict_synapses:
    """Predict reality, direction and sign of candidates by a trained classifier."""
    input:
        evidence=rules.measure_evidence.output.evidence,
        classifier=model_given,
    output:
        predictions=f"{RESULTS}/synapses/predictions.parquet",
    log:
        f"{RESULTS}/logs/predict_synapses.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_synapses.tsv"
    conda:
        "../envs/classifier.yaml"
    resources:
        mem_mb=memory("predict_synapses"),
        runtime=minutes("predict_synapses"),
    params:
        code=code_digest("predict_synapses"),
    script:
        "../scripts/predict_synapses.py"


rule plot_classifier:
    """Draw how far classifiers of synapses can be trusted, and what teaches them."""
    input:
        **rules.evaluate_classifier.output,
    output:
        **figure_files("classifier", "Classifier of synapses"),
    log:
        f"{RESULTS}/logs/plot_classifier.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_classifier.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_classifier"),
        runtime=minutes("plot_classifier"),
    params:
        by=CLASSIFIER["folds"]["by"],
        code=code_digest("plot_classifier"),
    script:
        "../scripts/plot_classifier.py"
